/** The colours of both themes. Contrast and distance are held by contrast.test.ts. */

export interface Palette {
  bg: string;
  surface: string;
  sunken: string;
  text: string;
  muted: string;
  faint: string;
  border: string;
  hairline: string;
  accent: string;
  onAccent: string;
  ok: string;
  okTint: string;
  wait: string;
  waitTint: string;
  warn: string;
  warnTint: string;
  bad: string;
  badTint: string;
  off: string;
  offTint: string;
  final: string;
  finalTint: string;
  series: readonly string[];
}

export const light: Palette = {
  bg: "#faf9f7",
  surface: "#ffffff",
  sunken: "#f1efeb",
  text: "#1d1c1a",
  muted: "#57544e",
  faint: "#6b6862",
  border: "#878279",
  hairline: "#dfdbd3",
  accent: "#2f4ac0",
  onAccent: "#ffffff",
  ok: "#17663a",
  okTint: "#e3f3e8",
  wait: "#1f4fa8",
  waitTint: "#e5edfb",
  warn: "#7a4b00",
  warnTint: "#fbefd5",
  bad: "#a61b1b",
  badTint: "#fce8e6",
  off: "#57544e",
  offTint: "#eceae5",
  final: "#6a3d8f",
  finalTint: "#f2e9f8",
  series: ["#2f4ac0", "#a83f1a", "#3d97a4", "#b08913", "#532519", "#2b326f"],
};

export const dark: Palette = {
  bg: "#141413",
  surface: "#1c1c1a",
  sunken: "#0e0e0d",
  text: "#eceae5",
  muted: "#b0aca4",
  faint: "#97938b",
  border: "#7d796f",
  hairline: "#34332f",
  accent: "#9db0ff",
  onAccent: "#10142b",
  ok: "#7fd39b",
  okTint: "#16301f",
  wait: "#9cc0ff",
  waitTint: "#172742",
  warn: "#f0bd62",
  warnTint: "#38290c",
  bad: "#ff9c92",
  badTint: "#421a17",
  off: "#b0aca4",
  offTint: "#2a2926",
  final: "#d0aef0",
  finalTint: "#2f2140",
  series: ["#9db0ff", "#ca9e4b", "#97f7f1", "#ae5e7e", "#ede01a", "#7b64eb"],
};

/** `--p-ok-tint` of `okTint`. */
export function variables(palette: Palette): Record<string, string> {
  const { series, ...plain } = palette;
  const kebab = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  return Object.fromEntries([
    ...Object.entries(plain).map(([name, value]) => [`--p-${kebab(name)}`, value]),
    ...series.map((value, index) => [`--p-series-${index + 1}`, value]),
  ]);
}
