import { expect, it } from "vitest";
import { lastSteps, REACH, type RecentStep, sumOf, withNews } from "./recent";

const step = (at: number, requests: number, failed = 0): RecentStep => ({ at, ms: 10_000, requests, failed, prompt: 0, completion: 0, waited: 0, waited_ms: 0 });
const T = 1_000_000_000;

it("takes news of a step in place of what was known of it, and lets go of what is long over", () => {
  const held = { at: T, step_ms: 10_000, all: [step(T - REACH, 9), step(T - 20_000, 2), step(T - 3000, 1)] };
  const after = withNews(held, { at: T + 12_000, step_ms: 10_000, all: [step(T - 3000, 4, 1), step(T + 7000, 1)] });
  expect(after.all.map(({ at, requests }) => [at, requests])).toEqual([
    [T - 20_000, 2],
    [T - 3000, 4],
    [T + 7000, 1],
  ]);
  expect(sumOf(after.all)).toEqual({ requests: 7, failed: 1 });
});

it("shows nothing in a step that nobody told of, and not that nothing was before the first", () => {
  const { at, steps } = lastSteps({ at: T, step_ms: 10_000, all: [step(T - 62_000, 3), step(T - 31_500, 1)] }, T);
  expect(at[0]).toBeGreaterThan(T - REACH - 10_000);
  expect(at[0]).toBeLessThanOrEqual(T - REACH);
  expect(steps.slice(-6).map((each) => each?.requests)).toEqual([3, 0, 0, 1, 0, 0]);
  expect(steps[at.indexOf(T - 62_000) - 1]).toBeNull();
  expect(at.every((each, index) => index === 0 || each > (at[index - 1] ?? 0))).toBe(true);
});

it("knows nothing of a time in which nothing was counted", () => {
  const { at, steps } = lastSteps({ at: T, step_ms: 10_000, all: [] }, T);
  expect(at.length).toBeGreaterThan(80);
  expect(new Set(steps)).toEqual(new Set([null]));
});
