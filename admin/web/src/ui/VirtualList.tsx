/**
 * A long list, of which only what is near the window is there; the page scrolls, and more is fetched before the end is seen.
 *
 * Rows follow each other as in any list, below a space as high as those above would be. So a row may be as high as its words
 * need, and the browser paints only those that are new. `row` has to be the same function until it says something else.
 */
import { memo, type ReactNode, useCallback, useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { Seen } from "./virtual/seen";

interface Props<T> {
  label: string;
  rows: readonly T[];
  id: (row: T) => string | number;
  row: (row: T) => ReactNode;
  /** Pixels of a usual row, until the first ones were measured. */
  height: number;
  onEnd?: () => void;
  /** The first and the last of the rows that are there, whenever others are. */
  onNear?: (first: T, last: T) => void;
}

/** So many rows before the end the next ones are fetched: a second of quick scrolling. */
const AHEAD = 150;

/** While one scrolls, a row that was there already is not made anew; nor when there are more of them. */
const Words = memo(function Words<T>({ of, row }: { of: T; row: (of: T) => ReactNode }) {
  return row(of);
}) as <T>(props: { of: T; row: (of: T) => ReactNode }) => ReactNode;

interface RowProps<T> {
  of: T;
  row: (of: T) => ReactNode;
  at: number;
  count: number;
}

const Row = memo(function Row<T>({ of, row, at, count }: RowProps<T>) {
  return (
    <li aria-setsize={count} aria-posinset={at + 1}>
      <Words of={of} row={row} />
    </li>
  );
}) as <T>(props: RowProps<T>) => ReactNode;

export function VirtualList<T>({ label, rows, id, row, height, onEnd, onNear }: Props<T>) {
  const [seen] = useState(() => new Seen(height));
  const { first, last, top, total } = useSyncExternalStore(seen.subscribe, seen.now);
  const watch = useCallback((list: HTMLUListElement | null) => (list === null ? undefined : seen.watch(list)), [seen]);
  const count = rows.length;
  useLayoutEffect(() => {
    seen.holds(count);
  }, [seen, count]);
  useLayoutEffect(() => {
    seen.measure(first);
  });
  useEffect(() => {
    if (count > 0 && last >= count - AHEAD) onEnd?.();
  }, [last, count, onEnd]);
  useEffect(() => {
    const [top, bottom] = [rows[first], rows[last]];
    if (top !== undefined && bottom !== undefined) onNear?.(top, bottom);
  }, [rows, first, last, onNear]);
  return (
    <ul ref={watch} className="plain-list virtual" aria-label={label} style={{ height: total, paddingTop: top }}>
      {rows.slice(first, last + 1).map((each, at) => (
        <Row key={id(each)} of={each} row={row} at={first + at} count={count} />
      ))}
    </ul>
  );
}
