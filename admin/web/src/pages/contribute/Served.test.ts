import { expect, it } from "vitest";
import type { components } from "../../api/generated/schema";
import en from "../../i18n/en";
import { formats } from "../../lib/format";
import { costOf, mostPersons, plotOf } from "./Served";

type Used = components["schemas"]["PoolKeyUsage"];
const none = { reported: 0, estimated: 0, unknown: 0 };
const day = (name: string, generations: number, persons: number | null): Used["days"][number] => ({
  day: name,
  generations,
  persons,
  requests: generations + 1,
  anlas: none,
  cost_micros: none,
});

it("has a step for each of the last thirty days, the last one being today", () => {
  const now = Date.UTC(2026, 10, 21, 23, 30);
  const plot = plotOf([day("2026-11-21", 4, null), day("2026-11-20", 2, 3)], en, now);
  expect(plot.at).toHaveLength(30);
  expect(plot.series[0]?.values.slice(-3)).toEqual([0, 2, 4]);
  expect(plot.series[1]?.values.slice(-3)).toEqual([0, 1, 1]);
});

it("tells how many people only where there were three", () => {
  expect(mostPersons([day("2026-11-21", 4, null)])).toBeNull();
  expect(mostPersons([day("2026-11-21", 4, null), day("2026-11-20", 2, 5)])).toBe(5);
});

it("says estimates as such, and nothing of what nobody knows", () => {
  const f = formats("en");
  const total = { anlas: { ...none, estimated: 20 }, cost_micros: { ...none, reported: 1_500_000 } } as Used["total"];
  expect(costOf(total, en, f)).toEqual(["≈ 20 Anlas", "1.5"]);
  expect(costOf({ anlas: none, cost_micros: { ...none, unknown: 7 } } as Used["total"], en, f)).toEqual([]);
});
