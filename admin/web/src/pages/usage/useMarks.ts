/** What happened in a time, in words and with where to look. Nothing where nobody may ask, and where asking failed: a plot is whole without it. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Mark, marks } from "../../api/queries/marks";
import type { Time } from "../../api/queries/usage";
import type { PlotMark } from "../../charts/marks";
import { type Messages, useI18n } from "../../i18n";

/** Where more is told of it. */
export type Leads = { to: "/edges" } | { to: "/audit"; q: string } | { to: "/now"; over: boolean };

export interface Happened extends PlotMark {
  leads: Leads;
}

export interface HappenedIn {
  /** The oldest first. */
  on: readonly Happened[];
  /** What happened before this is left out. */
  cut: number | null;
  /** When an edge started last, ever. */
  lastStart: number | null;
}

const NOTHING: HappenedIn = { on: [], cut: null, lastStart: null };

export function useMarks(time: Time, enabled: boolean): HappenedIn {
  const { t } = useI18n();
  const { data } = useQuery({ ...marks(time), enabled });
  return useMemo(
    () => (enabled && data ? { on: data.items.map((mark) => happened(mark, t)), cut: data.cut_before ?? null, lastStart: data.last_start_at ?? null } : NOTHING),
    [enabled, data, t],
  );
}

export function happened(mark: Mark, t: Messages): Happened {
  const { kind, at } = mark;
  switch (kind) {
    case "start":
      return { kind, at, text: t.marks.start(mark.edge, mark.version), leads: { to: "/edges" } };
    case "policy": {
      // A newer relay may know acts that these pages do not.
      const act = (t.marks.act as Partial<Record<string, string>>)[mark.act] ?? mark.act;
      const isOfAll = mark.act === "limits.edited" || mark.act === "settings.edited" || mark.object_name === "";
      return { kind, at, text: isOfAll ? act : t.marks.of(act, mark.object_name), leads: { to: "/audit", q: mark.act } };
    }
    case "finding":
      return { kind, at, text: t.marks.of(t.nowPage.kind[mark.trouble], mark.subject), leads: { to: "/now", over: typeof mark.ended_at === "number" } };
  }
}
