import { describe, expect, it } from "vitest";
import { dark, light, type Palette } from "./tokens";

function channels(hex: string): [number, number, number] {
  const at = (from: number) => Number.parseInt(hex.slice(from, from + 2), 16) / 255;
  const linear = (value: number) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
  return [linear(at(1)), linear(at(3)), linear(at(5))];
}

function luminance(hex: string): number {
  const [r, g, b] = channels(hex);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(one: string, other: string): number {
  const [darker, lighter] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (lighter + 0.05) / (darker + 0.05);
}

function oklab([r, g, b]: [number, number, number]): [number, number, number] {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

function apart(one: string, other: string): number {
  const [a, b] = [oklab(channels(one)), oklab(channels(other))];
  return 100 * Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

describe.each<[string, Palette]>([
  ["light", light],
  ["dark", dark],
])("the %s theme", (_, theme) => {
  it("can be read: 4.5 for text", () => {
    const words = [theme.text, theme.muted, theme.faint, theme.accent, theme.ok, theme.wait, theme.warn, theme.bad];
    for (const word of words)
      for (const ground of [theme.surface, theme.bg]) expect(contrast(word, ground)).toBeGreaterThanOrEqual(4.5);
    const pairs = [
      [theme.onAccent, theme.accent],
      [theme.ok, theme.okTint],
      [theme.wait, theme.waitTint],
      [theme.warn, theme.warnTint],
      [theme.bad, theme.badTint],
      [theme.off, theme.offTint],
      [theme.final, theme.finalTint],
      [theme.muted, theme.sunken],
      [theme.text, theme.sunken],
    ] as const;
    for (const [word, ground] of pairs) expect(contrast(word, ground)).toBeGreaterThanOrEqual(4.5);
  });

  it("shows controls and series: 3 at least", () => {
    for (const line of [theme.border, ...theme.series])
      for (const ground of [theme.surface, theme.bg]) expect(contrast(line, ground)).toBeGreaterThanOrEqual(3);
  });

  it("keeps series apart", () => {
    theme.series.forEach((one, index) => {
      for (const other of theme.series.slice(index + 1)) expect(apart(one, other)).toBeGreaterThanOrEqual(14);
    });
  });
});
