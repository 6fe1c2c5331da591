import { expect, it } from "vitest";
import en from "../../i18n/en";
import { columnsOf } from "./Fared";
import { markOf, stateWord, type HistoryState } from "./states";

it("puts what was well below and what was bad on top, each as high as its share", () => {
  const segments = [
    { from: 0, to: 1000, spent: [{ state: "invalid", ms: 100 }, { state: "healthy", ms: 900 }] },
    { from: 1000, to: 2000, spent: [] },
  ] as const;
  const columns = columnsOf({ upstream: "novelai", since: 0, state: "healthy", spent: [], segments: segments.map((each) => ({ ...each, spent: [...each.spent] })) });
  expect(columns[0]?.bands).toEqual([
    { mark: "ok", share: 0.9 },
    { mark: "bad", share: 0.1 },
  ]);
  expect(columns[1]?.bands).toEqual([]);
});

it("never shows as well what nobody looked at, nor what it has no word for", () => {
  expect(markOf("not_checked")).toBe("none");
  const newer = "on_holiday" as HistoryState;
  expect(markOf(newer)).toBe("none");
  expect(stateWord(newer, en)).toBe("on_holiday");
});
