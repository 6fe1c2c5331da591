import { expect, it } from "vitest";
import { filterOf, filtersIn, requestsOf, sinceStart, stepOf, timeOf, usageSearch } from "./search";

it("drops what it does not know", () => {
  const search = usageSearch({ range: "1y", by: "shoe size", class: "sad", key: "seven", model: "" });
  expect(Object.values(search).every((value) => value === undefined)).toBe(true);
  expect(timeOf(search)).toEqual({ range: "24h" });
});

it("takes two moments for a time, but not one, nor the wrong way round", () => {
  expect(timeOf(usageSearch({ from: "1000", to: "2000", range: "7d" }))).toEqual({ from: 1000, to: 2000 });
  expect(timeOf(usageSearch({ from: "1000" }))).toEqual({ range: "24h" });
  expect(timeOf(usageSearch({ from: "2000", to: "1000" }))).toEqual({ range: "24h" });
});

it("never asks for more than 400 steps of a day and finer", () => {
  expect(stepOf(usageSearch({}))).toBe("5m");
  expect(stepOf(usageSearch({ from: "0", to: String(3_600_000) }))).toBe("1m");
  expect(stepOf(usageSearch({ from: "0", to: String(20 * 86_400_000) }))).toBe("1d");
});

it("names its filters", () => {
  const search = usageSearch({ key: "7", class: "ok", whose: "all" });
  expect(filtersIn(search)).toEqual(["class", "key"]);
  expect(filterOf(search).client_key).toBe(7);
});

it("narrows the list by a reason, and no sum", () => {
  const search = usageSearch({ code: "rate_limited_user" });
  expect(filtersIn(search)).toEqual(["code"]);
  expect(requestsOf(search).code).toBe("rate_limited_user");
  expect(filterOf(search)).not.toHaveProperty("code");
  expect(usageSearch({ code: "Not a code" }).code).toBeUndefined();
});

it("makes a time of a start that was just now, too", () => {
  expect(timeOf(usageSearch(sinceStart(90_000, 90_000)))).toEqual({ from: 60_000, to: 120_000 });
  expect(timeOf(usageSearch(sinceStart(59_999, 600_000)))).toEqual({ from: 0, to: 660_000 });
});
