import { expect, it } from "vitest";
import { insideOnly, oneOf, parseSearch, stringifySearch } from "./search";

it("reads back what it wrote and leaves out what says nothing", () => {
  const text = stringifySearch({ q: "opus main", state: "cooling", none: undefined, empty: "" });
  expect(text).toBe("?q=opus+main&state=cooling");
  expect(parseSearch(text)).toEqual({ q: "opus main", state: "cooling" });
  expect(stringifySearch({})).toBe("");
});

it("drops unknown words", () => {
  expect(oneOf(["a", "b"], "b")).toBe("b");
  expect(oneOf(["a", "b"], "c")).toBeUndefined();
});

it("leads back only to pages of this relay", () => {
  expect(insideOnly("/keys?q=1")).toBe("/keys?q=1");
  for (const elsewhere of ["https://evil.example", "//evil.example", "/\\evil.example", "", 7])
    expect(insideOnly(elsewhere)).toBeUndefined();
});
