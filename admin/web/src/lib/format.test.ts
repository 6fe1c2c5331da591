import { expect, it } from "vitest";
import { formats } from "./format";

const NOW = Date.UTC(2026, 10, 21, 12);
const en = formats("en");

it("says spans with two units at most", () => {
  expect(en.span(640)).toBe("640 ms");
  expect(en.span(40_000)).toBe("40 sec");
  expect(en.span(125_000)).toBe("2 min 5 sec");
  expect(en.span(11_400_000)).toBe("3 hr 10 min");
  expect(en.span(3_600_000)).toBe("1 hr");
  expect(en.span(5 * 86_400_000)).toBe("5 days");
});

it("says how long ago, and in how long", () => {
  expect(en.ago(NOW - 120_000, NOW)).toBe("2 min. ago");
  expect(en.ago(NOW + 3 * 3_600_000, NOW)).toBe("in 3 hr.");
  expect(en.ago(NOW - 1000, NOW)).toBe("now");
});

it("says bytes in powers of 1024", () => {
  expect(en.bytes(512)).toBe("512 B");
  expect(en.bytes(128 << 20)).toBe("128 MiB");
  expect(formats("vi").bytes(1536)).toBe("1,5 KiB");
});

it("writes numbers exactly below ten thousand and briefly above, as each language does", () => {
  expect(en.short(9_999)).toBe("9,999");
  expect(en.short(12_400)).toBe("12.4K");
  expect(formats("zh").short(12_400)).toBe("1.2万");
  expect(formats("vi").short(12_400)).toMatch(/^12,4\sN$/);
});

it("says durations as finely as they matter", () => {
  expect(en.us(210)).toBe("0.21 ms");
  expect(en.us(10_300_000)).toBe("10.3 sec");
  expect(en.us(125_000_000)).toBe("2 min 5 sec");
  expect(en.change(0.12)).toBe("+12%");
});
