/** A state: a sign and a word, in a colour that says it a third time. */
import type { ReactNode } from "react";

export type Tone = "ok" | "wait" | "warn" | "bad" | "off" | "final";

export function Badge({ tone, glyph, children }: { tone: Tone; glyph: string; children: ReactNode }) {
  return (
    <span className="badge" data-tone={tone}>
      <span aria-hidden="true">{glyph}</span>
      {children}
    </span>
  );
}
