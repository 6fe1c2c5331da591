import { expect, it } from "vitest";
import { fateOf, hear, type Heard, idsOf, MOST } from "./heard";

function heardOf(...told: [string, number[]][]): Heard {
  const heard: Heard = new Map();
  for (const [kind, ids] of told) hear(heard, kind, ids);
  return heard;
}

it("gathers ids of a kind, until there are too many or any could be meant", () => {
  expect(heardOf(["user", [1, 2]], ["user", [2, 3]]).get("user")).toEqual(new Set([1, 2, 3]));
  expect(heardOf(["user", [1]], ["user", []], ["user", [2]]).get("user")).toBe("any");
  const many = Array.from({ length: MOST }, (_, index) => index);
  expect(heardOf(["user", many]).get("user")).toHaveProperty("size", MOST);
  expect(heardOf(["user", many], ["user", [MOST]]).get("user")).toBe("any");
});

it("takes an edited thing for its id, and one that goes by a name for any", () => {
  expect(idsOf({ ids: [3, 4] })).toEqual([3, 4]);
  expect(idsOf({ id: 3 })).toEqual([3]);
  expect(idsOf({ id: null })).toEqual([]);
  expect(idsOf({})).toEqual([]);
});

it("keeps what is about others, reads some again where that can be, and all else anew", () => {
  const heard = heardOf(["pool_key", [7, 8]], ["limits", []]);
  expect(fateOf(["pool_key", "supply", { state: "paused" }], true, heard)).toEqual(new Set([7, 8]));
  expect(fateOf(["pool_key", "mine"], false, heard)).toBe("anew");
  expect(fateOf(["pool_key", "strip", 7], false, heard)).toBe("anew");
  expect(fateOf(["pool_key", "strip", 9], false, heard)).toBe("kept");
  expect(fateOf(["pool_key", "history", { kind: "pool_key", id: 9 }, "day"], false, heard)).toBe("kept");
  expect(fateOf(["pool_key", "history", { kind: "pool_key", id: 8 }, "day"], false, heard)).toBe("anew");
  expect(fateOf(["limits", "user", 3], false, heard)).toBe("anew");
  expect(fateOf(["user", "me"], false, heard)).toBe("kept");
});

it("reads all anew where nobody knows what happened, but not who is signed in", () => {
  const heard = heardOf(["pool_key", [7]], ["all", []]);
  expect(fateOf(["pool_key", "supply", {}], true, heard)).toBe("anew");
  expect(fateOf(["job", "supply"], false, heard)).toBe("anew");
  expect(fateOf(["session"], false, heard)).toBe("kept");
});
