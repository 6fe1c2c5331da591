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
      {columns.map((column, index) => (
        <Bands key={column.key} column={column} x={index * WIDTH} />
      ))}
    </svg>
  );
}

function Bands({ column, x }: { column: Column; x: number }) {
  if (column.bands.length === 0) return <rect x={x} width={WIDTH} height={HEIGHT} data-mark="later" />;
  const tops = column.bands.map((_, index) => column.bands.slice(0, index + 1).reduce((sum, band) => sum + band.share, 0));
  const seen = column.bands.some((band) => band.mark !== "none");
  return (
    <>
      {column.bands.map((band, index) => (
        <rect
          key={index}
          x={x}
          y={HEIGHT * (1 - (tops[index] ?? 0))}
          width={WIDTH - GAP}
          // What was seen at all can be seen.
          height={Math.max(1, HEIGHT * band.share)}
          data-mark={band.mark}
        />
      ))}
      {seen && <rect x={x + WIDTH - GAP} width={GAP} height={HEIGHT} data-mark="gap" />}
    </>
  );
}
