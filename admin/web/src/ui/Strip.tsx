/**
 * How something fared over a time: a column for each part of it, whose bands are as high as the share of the time in
 * each state. A blip is small, and what nobody looked at is hatched, never green.
 */
import type { Tone } from "./Badge";
import "./strip.css";

/** `none`: nobody looked. */
export type Mark = Tone | "none";

export interface Column {
  key: number;
  /** From the bottom up; shares sum to 1. Empty for what is yet to come. */
  bands: { mark: Mark; share: number }[];
}

const WIDTH = 6;
const GAP = 1;
const HEIGHT = 28;

export function Strip({ columns, label }: { columns: readonly Column[]; label: string }) {
  const width = columns.length * WIDTH;
  return (
    <svg className="strip-plot" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {[...outlines(columns)].map(([mark, path]) => (
        <path key={mark} d={path} data-mark={mark} />
      ))}
    </svg>
  );
}

/** The outline of each mark: one element for all of its bands, since a list has many strips. */
function outlines(columns: readonly Column[]): Map<string, string> {
  const paths = new Map<string, string>();
  const box = (mark: string, x: number, y: number, wide: number, high: number) => {
    paths.set(mark, `${paths.get(mark) ?? ""}M${x} ${y}h${wide}v${high}h${-wide}z`);
  };
  columns.forEach(({ bands }, index) => {
    const x = index * WIDTH;
    if (bands.length === 0) box("later", x, 0, WIDTH, HEIGHT);
    let top = HEIGHT;
    for (const { mark, share } of bands) {
      // What was seen at all can be seen.
      const high = HEIGHT * share;
      top -= high;
      if (mark !== "none") box(mark, x, Math.min(top, HEIGHT - 1), WIDTH - GAP, Math.max(1, high));
    }
    if (bands.some(({ mark }) => mark !== "none")) box("gap", x + WIDTH - GAP, 0, GAP, HEIGHT);
  });
  return paths;
}
