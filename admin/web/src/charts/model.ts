/**
 * What a plot shows, as values.
 *
 * Invariant: a step of which nothing is known is `null`, which is neither drawn as 0 nor joined over.
 */

export interface Series {
  key: string;
  label: string;
  /** One for each step. */
  values: (number | null)[];
}

export interface Span {
  from: number;
  to: number;
}

export interface Plot {
  /** When each step begins, in Unix milliseconds. */
  at: number[];
  /** Milliseconds. */
  step: number;
  series: Series[];
  /** Of these times nothing is known. */
  gaps: Span[];
  /** The step in which this lies is not over. */
  now: number;
}

/** All steps of a range, the first one being that in which it begins. At most so many. */
const MOST = 2000;

export function stepsOf({ from, to }: Span, step: number): number[] {
  const first = Math.floor(from / step) * step;
  const count = Math.min(MOST, Math.max(1, Math.ceil((to - first) / step)));
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** A value for each step: that of its point; without one 0, or nothing where a gap covers all of it. */
export function filled<P extends { at: number }>(at: number[], step: number, points: readonly P[], gaps: readonly Span[], value: (point: P) => number | null): (number | null)[] {
  const found = new Map(points.map((point) => [point.at, point]));
  return at.map((begin) => {
    const point = found.get(begin);
    if (point !== undefined) return value(point);
    return gaps.some((gap) => gap.from <= begin && gap.to >= begin + step) ? null : 0;
  });
}

/** The same where no request means no time, not none. */
export function sparse<P extends { at: number }>(at: number[], points: readonly P[], value: (point: P) => number | null): (number | null)[] {
  const found = new Map(points.map((point) => [point.at, point]));
  return at.map((begin) => {
    const point = found.get(begin);
    return point === undefined ? null : value(point);
  });
}

/** Of each step all series together; `null` where none is known. */
export function sums(series: readonly Series[]): (number | null)[] {
  const length = series[0]?.values.length ?? 0;
  return Array.from({ length }, (_, index) => {
    const known = series.map((one) => one.values[index] ?? null).filter((value) => value !== null);
    return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
  });
}

export interface Peak {
  value: number;
  at: number;
  /** The step that is not over. */
  now: number | null;
}

/** The highest step; `null` where there is nothing. */
export function peakOf(plot: Plot, values: readonly (number | null)[]): Peak | null {
  let best: Peak | null = null;
  plot.at.forEach((at, index) => {
    const value = values[index] ?? null;
    if (value !== null && value > (best?.value ?? 0)) best = { value, at, now: null };
  });
  if (best === null) return null;
  const running = plot.at.findIndex((at) => at <= plot.now && plot.now < at + plot.step);
  return { ...(best as Peak), now: running === -1 ? null : (values[running] ?? null) };
}

/** Neighbours together, so that there are at most so many. */
export function folded(values: readonly (number | null)[], most: number): (number | null)[] {
  const size = Math.max(1, Math.ceil(values.length / most));
  const count = Math.ceil(values.length / size);
  return Array.from({ length: count }, (_, index) => {
    const part = values.slice(index * size, (index + 1) * size).filter((value) => value !== null);
    return part.length === 0 ? null : part.reduce((sum, value) => sum + value, 0);
  });
}

/** Where a moment lies on an axis that begins at 0 and ends at `total`, from 0 to 1. */
export function placed(ms: number, total: number, log: boolean): number {
  if (total <= 0) return 0;
  const share = log ? Math.log1p(Math.max(0, ms)) / Math.log1p(total) : ms / total;
  return Math.min(1, Math.max(0, share));
}
