import { expect, it } from "vitest";
import { MARK_KINDS, marksIn, type PlotMark, SHAPES, spaced } from "./marks";

const MINUTE = 60_000;
const mark = (at: number, kind: PlotMark["kind"] = "start"): PlotMark => ({ kind, at, text: "" });

it("finds the step in which something happened, and none for what lies outside", () => {
  const at = [0, MINUTE, 2 * MINUTE];
  const marks = [mark(-1), mark(0), mark(MINUTE - 1), mark(2 * MINUTE + 5), mark(3 * MINUTE)];
  const found = marksIn(at, MINUTE, marks);
  expect([...found.keys()]).toEqual([0, 2]);
  expect(found.get(0)).toEqual([marks[1], marks[2]]);
  expect(marksIn([], MINUTE, marks).size).toBe(0);
});

it("leaves out what would lie on another of its kind, but not on one of another kind", () => {
  const marks = [mark(0), mark(1), mark(1, "policy"), mark(2), mark(3), mark(7)];
  expect(spaced(marks, (at) => at, 3).map(({ at, kind }) => `${kind} ${at}`)).toEqual(["start 0", "policy 1", "start 3", "start 7"]);
});

it("has a shape of its own for each kind", () => {
  expect(new Set(MARK_KINDS.map((kind) => JSON.stringify(SHAPES[kind]))).size).toBe(MARK_KINDS.length);
});
