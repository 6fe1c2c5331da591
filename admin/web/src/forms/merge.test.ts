import { expect, it } from "vitest";
import { differing, merged } from "./merge";

const base = { name: "a", limit: "5", hours: "", on: true };
const mine = { ...base, name: "b", limit: "9" };
const theirs = { ...base, limit: "7", hours: "8" };

it("asks only about fields that differ, and takes each from whom changed it", () => {
  expect(differing(base, mine, theirs)).toEqual([
    { field: "name", side: "mine" },
    { field: "limit", side: "mine" },
    { field: "hours", side: "theirs" },
  ]);
});

it("loses neither's change where they changed different fields", () => {
  expect(merged(base, mine, theirs, {})).toEqual({ name: "b", limit: "9", hours: "8", on: true });
});

it("takes what somebody chose", () => {
  expect(merged(base, mine, theirs, { limit: "theirs", hours: "mine" })).toEqual({ name: "b", limit: "7", hours: "", on: true });
});

it("has nothing to ask where both did the same", () => {
  expect(differing(base, mine, mine)).toEqual([]);
});
