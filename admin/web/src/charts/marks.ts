/**
 * What happened, as thin marks on a plot. Each kind has a shape and a line of its own: no colour is needed to tell them
 * apart.
 */

export const MARK_KINDS = ["start", "policy", "finding"] as const;
export type MarkKind = (typeof MARK_KINDS)[number];

export interface PlotMark {
  kind: MarkKind;
  /** Unix milliseconds. */
  at: number;
  /** What happened, in words. */
  text: string;
}

/** Those of each step that has any. */
export function marksIn(at: readonly number[], step: number, marks: readonly PlotMark[]): Map<number, PlotMark[]> {
  const found = new Map<number, PlotMark[]>();
  const first = at[0];
  if (first === undefined) return found;
  for (const mark of marks) {
    const index = Math.floor((mark.at - first) / step);
    if (index >= 0 && index < at.length) found.set(index, [...(found.get(index) ?? []), mark]);
  }
  return found;
}

/** Those that can be told apart: of a kind none nearer to the one before than so many pixels. */
export function spaced<M extends { kind: MarkKind; at: number }>(marks: readonly M[], place: (at: number) => number, apart: number): M[] {
  const last = new Map<MarkKind, number>();
  return marks.filter(({ kind, at }) => {
    const x = place(at);
    const before = last.get(kind);
    if (before !== undefined && x - before < apart) return false;
    last.set(kind, x);
    return true;
  });
}

/** Corners of each shape in a square from -1 to 1: a flag, a diamond, a cross. */
export const SHAPES: Record<MarkKind, readonly (readonly [number, number])[]> = {
  start: [[-1, -1], [1, -1], [0, 1]],
  policy: [[0, -1], [1, 0], [0, 1], [-1, 0]],
  finding: [[-1, -0.4], [-0.4, -1], [0, -0.6], [0.4, -1], [1, -0.4], [0.6, 0], [1, 0.4], [0.4, 1], [0, 0.6], [-0.4, 1], [-1, 0.4], [-0.6, 0]],
};

const DASHES: Record<MarkKind, number[]> = { start: [5, 3], policy: [1, 3], finding: [] };

/** Pixels: how large a shape is from its middle, and how near two of a kind may be. */
const SIZE = 4;
const APART = 3;
/** From one kind's height to the next one's, in sizes. */
const ROW = 2.5;

/** Draws them over the box of a plot, the shapes near its upper edge. `x` says where a time is, all in the canvas's pixels. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  box: { left: number; top: number; width: number; height: number },
  marks: readonly PlotMark[],
  x: (at: number) => number,
  { colour, scale }: { colour: string; scale: number },
): void {
  context.save();
  context.strokeStyle = context.fillStyle = colour;
  context.lineWidth = scale;
  const inside = marks.filter(({ at }) => x(at) >= box.left && x(at) <= box.left + box.width);
  for (const { kind, at } of spaced(inside, x, APART * scale)) {
    // On whole pixels, so that a thin line stays thin.
    const middle = Math.round(x(at)) + 0.5;
    context.setLineDash(DASHES[kind].map((length) => length * scale));
    context.beginPath();
    context.moveTo(middle, box.top);
    context.lineTo(middle, box.top + box.height);
    context.stroke();
    context.beginPath();
    // Each kind at a height of its own, so that none hides another.
    const height = box.top + (MARK_KINDS.indexOf(kind) * ROW - 1) * SIZE * scale;
    for (const [dx, dy] of SHAPES[kind]) context.lineTo(middle + dx * SIZE * scale, height + dy * SIZE * scale);
    context.closePath();
    context.fill();
  }
  context.restore();
}
