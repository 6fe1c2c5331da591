import { expect, it } from "vitest";
import { Heights } from "./heights";

const COUNT = 5000;

/** Heights of every kind, as a list says them; some rows were never measured. */
function both(guess: number): [Heights, number[]] {
  const heights = new Heights(guess);
  const plain = Array.from({ length: COUNT }, () => guess);
  for (let index = 0; index < COUNT; index += 3) {
    const height = 20 + ((index * 7919) % 130);
    heights.set(index, height);
    plain[index] = height;
  }
  return [heights, plain];
}

it("sums what was measured and guesses the rest, as adding one by one does", () => {
  const [heights, plain] = both(64);
  let sum = 0;
  for (const [index, height] of plain.entries()) {
    expect(heights.before(index)).toBeCloseTo(sum, 6);
    sum += height;
  }
  expect(heights.before(COUNT + 10_000)).toBeCloseTo(sum + 10_000 * 64, 6);
});

it("finds the row at each offset, also behind all that were measured", () => {
  const [heights, plain] = both(64);
  let top = 0;
  for (const [index, height] of plain.entries()) {
    expect(heights.at(top)).toBe(index);
    expect(heights.at(top + height - 0.5)).toBe(index);
    top += height;
  }
  expect(heights.at(top + 9000 * 64 + 1)).toBe(COUNT + 9000);
  expect(heights.at(-300)).toBe(0);
});

it("says whether a measure is news, and forgets all of them when the guess changes", () => {
  const heights = new Heights(64);
  expect(heights.set(2, 64)).toBe(false);
  expect(heights.set(2, 80)).toBe(true);
  expect(heights.set(2, 80)).toBe(false);
  expect(heights.before(3)).toBe(208);
  heights.reset(100);
  expect(heights.before(3)).toBe(300);
});
