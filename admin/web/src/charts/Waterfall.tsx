/** What took how long, one under the other. Each row says in text what its bar shows. */
import type { ReactNode } from "react";
import { placed } from "./model";
import "./charts.css";

export interface Stretch {
  key: string;
  /** Milliseconds since the beginning. */
  from: number;
  to: number;
  tone: "wait" | "work" | "ok" | "bad" | "off";
  title: string;
  text: ReactNode;
  took: string;
}

export function Waterfall({ label, rows, total, log }: { label: string; rows: readonly Stretch[]; total: number; log: boolean }) {
  return (
    <ol className="plain-list waterfall" aria-label={label}>
      {rows.map((row) => {
        const left = placed(row.from, total, log);
        const width = placed(row.to, total, log) - left;
        return (
          <li key={row.key}>
            <div className="waterfall-words">
              <strong>{row.title}</strong>
              <span className="waterfall-took">{row.took}</span>
            </div>
            <div className="waterfall-track" aria-hidden="true">
              <i data-tone={row.tone} style={{ insetInlineStart: `${Math.min(99.5, 100 * left)}%`, width: `${100 * width}%` }} />
            </div>
            {row.text !== null && <div className="waterfall-text meta">{row.text}</div>}
          </li>
        );
      })}
    </ol>
  );
}
