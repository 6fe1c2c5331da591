/** A long list, of which only what is seen is there; the page scrolls, and the end fetches more. */
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useRef, useState } from "react";

interface Props<T> {
  label: string;
  rows: readonly T[];
  id: (row: T) => string | number;
  row: (row: T) => ReactNode;
  /** Pixels of a usual row. */
  height: number;
  onEnd?: () => void;
}

/** While one scrolls, a row that was there already is not made anew. */
const Row = memo(function Row<T>({ of, row }: { of: T; row: (of: T) => ReactNode }) {
  return row(of);
}) as <T>(props: { of: T; row: (of: T) => ReactNode }) => ReactNode;

export function VirtualList<T>({ label, rows, id, row, height, onEnd }: Props<T>) {
  const list = useRef<HTMLUListElement>(null);
  const [offset, setOffset] = useState(0);
  // What stands above it may grow after it.
  useEffect(() => {
    const measure = () => {
      const top = list.current?.getBoundingClientRect().top;
      if (top !== undefined) setOffset(Math.round(top + window.scrollY));
    };
    const watch = new ResizeObserver(measure);
    watch.observe(document.body);
    measure();
    return () => {
      watch.disconnect();
    };
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height,
    overscan: 8,
    scrollMargin: offset,
    getItemKey: (index) => {
      const found = rows[index];
      return found === undefined ? index : id(found);
    },
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? -1;
  useEffect(() => {
    if (last >= rows.length - 1 && rows.length > 0) onEnd?.();
  }, [last, rows.length, onEnd]);
  return (
    <ul ref={list} className="plain-list virtual" aria-label={label} style={{ height: virtual.getTotalSize() }}>
      {items.map((item) => {
        const found = rows[item.index];
        return (
          found !== undefined && (
            <li
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              aria-setsize={rows.length}
              aria-posinset={item.index + 1}
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              <Row of={found} row={row} />
            </li>
          )
        );
      })}
    </ul>
  );
}
