import { expect, it } from "vitest";
import { filled, folded, peakOf, placed, type Plot, sparse, stepsOf, sums } from "./model";

const MINUTE = 60_000;

it("begins with the whole step in which the range begins, and ends with that in which it ends", () => {
  expect(stepsOf({ from: 90_000, to: 200_000 }, MINUTE)).toEqual([60_000, 120_000, 180_000]);
  expect(stepsOf({ from: 0, to: 1e12 }, MINUTE)).toHaveLength(2000);
});

it("takes a missing step for none, and one in a gap for unknown", () => {
  const at = [0, MINUTE, 2 * MINUTE];
  const gaps = [{ from: MINUTE, to: 2 * MINUTE }];
  const points = [{ at: 0, n: 3 }];
  expect(filled(at, MINUTE, points, gaps, (point) => point.n)).toEqual([3, null, 0]);
  expect(sparse(at, points, (point) => point.n)).toEqual([3, null, null]);
});

const plot = (values: (number | null)[], now: number): Plot => ({
  at: values.map((_, index) => index * MINUTE),
  step: MINUTE,
  series: [{ key: "a", label: "a", values }],
  gaps: [],
  now,
});

it("finds the peak, and what the running step has so far", () => {
  const some = plot([1, 5, null, 2], 3.5 * MINUTE);
  expect(peakOf(some, sums(some.series))).toEqual({ value: 5, at: MINUTE, now: 2 });
  const none = plot([0, null, 0], 9 * MINUTE);
  expect(peakOf(none, sums(none.series))).toBeNull();
  const over = plot([1], 9 * MINUTE);
  expect(peakOf(over, sums(over.series))?.now).toBeNull();
});

it("adds series up without making something of nothing", () => {
  expect(sums([{ key: "a", label: "", values: [1, null, null] }, { key: "b", label: "", values: [2, 3, null] }])).toEqual([3, 3, null]);
});

it("folds neighbours, and keeps what is unknown unknown", () => {
  expect(folded([1, 2, null, null, 5], 3)).toEqual([3, null, 5]);
  expect(folded([], 3)).toEqual([]);
});

it("places moments on both axes", () => {
  expect(placed(50, 100, false)).toBe(0.5);
  expect(placed(0, 100, true)).toBe(0);
  expect(placed(100, 100, true)).toBe(1);
  expect(placed(10, 0, false)).toBe(0);
  expect(placed(1, 10_000, true)).toBeGreaterThan(placed(1, 10_000, false));
});
