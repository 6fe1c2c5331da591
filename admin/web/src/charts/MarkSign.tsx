/** The shape of a kind of mark, as on the canvas. */
import { type MarkKind, SHAPES } from "./marks";

export function MarkSign({ kind }: { kind: MarkKind }) {
  const points = SHAPES[kind].map(([x, y]) => `${x},${y}`).join(" ");
  return (
    <svg className="mark-sign" viewBox="-1.1 -1.1 2.2 2.2" aria-hidden="true">
      <polygon points={points} />
    </svg>
  );
}
