/**
 * How something fared over a time: a column for each part of it, whose bands are as high as the share of the time in
 * each state. A blip is small, and what nobody looked at is hatched, never green.
 */
import { useId } from "react";
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
  const id = useId();
  const width = columns.length * WIDTH;
  return (
    <svg className="strip-plot" viewBox={`0 0 ${width} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <defs>
        <pattern id={id} width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="4" height="4" className="strip-hatch-ground" />
          <rect width="1.5" height="4" className="strip-hatch-line" />
        </pattern>
      </defs>
      {columns.map((column, index) => (
        <Bands key={column.key} column={column} x={index * WIDTH} hatch={`url(#${id})`} />
      ))}
    </svg>
  );
}

function Bands({ column, x, hatch }: { column: Column; x: number; hatch: string }) {
  const tops = column.bands.map((_, index) => column.bands.slice(0, index + 1).reduce((sum, band) => sum + band.share, 0));
  return column.bands.map((band, index) => (
    <rect
      key={index}
      x={x}
      y={HEIGHT * (1 - (tops[index] ?? 0))}
      width={WIDTH - GAP}
      // What was seen at all can be seen.
      height={Math.max(1, HEIGHT * band.share)}
      data-mark={band.mark}
      fill={band.mark === "none" ? hatch : undefined}
    />
  ));
}
