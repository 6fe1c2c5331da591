/** A client key's last seven days in a line of small bars, and when it was used last. */
import { useQuery } from "@tanstack/react-query";
import { keyUsage } from "../../api/queries/usage";
import { filled, folded, stepsOf } from "../../charts/model";
import { Sparkline } from "../../charts/Sparkline";
import type { ClientKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Ago } from "../../ui/Time";
import "./keys.css";

const BARS = 28;

export function useKeyWeek(id: number) {
  const week = useQuery(keyUsage(id)).data;
  if (week === undefined) return null;
  const { usage, recent } = week;
  const at = stepsOf(usage.total, usage.step_ms);
  const values = folded(filled(at, usage.step_ms, usage.points, usage.gaps, (point) => point.requests), BARS);
  return { values, requests: usage.total.sums.requests, last: recent[0]?.ended_at ?? null };
}

export function KeyWeek({ of: key, most }: { of: ClientKey; most?: number }) {
  const { t } = useI18n();
  const week = useKeyWeek(key.id);
  if (week === null) return null;
  return (
    <span className="row key-week">
      <Sparkline values={week.values} most={most ?? Math.max(0, ...week.values.map((value) => value ?? 0))} label={t.lively.weekOf(key.name, week.requests)} />
      <span className="meta">{t.lively.week(week.requests)}</span>
    </span>
  );
}

export function LastUse({ id }: { id: number }) {
  const { t } = useI18n();
  const week = useKeyWeek(id);
  if (week === null) return null;
  return <span className="meta key-last">{week.last === null ? t.lively.noUse : <Ago at={week.last} />}</span>;
}
