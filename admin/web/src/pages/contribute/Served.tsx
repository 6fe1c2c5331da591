/** What a pool key of one's own served by day, for how many people, and what that cost. */
import { useQuery } from "@tanstack/react-query";
import type { components } from "../../api/generated/schema";
import { poolKeyUsage } from "../../api/queries/usage";
import { filled, type Plot } from "../../charts/model";
import { SeriesPlot } from "../../charts/SeriesPlot";
import { type Messages, useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import type { Formats } from "../../lib/format";
import { Loaded } from "../../shell/Loaded";
import { Card } from "../../ui/Page";

type Used = components["schemas"]["PoolKeyUsage"];
type Day = Used["days"][number];

/** Figures of what it cost; nothing of what nobody knows. */
export function costOf({ anlas, cost_micros }: Used["total"], t: Messages, f: Formats): string[] {
  const spent = anlas.reported + anlas.estimated;
  const money = cost_micros.reported + cost_micros.estimated;
  const said: string[] = [];
  if (spent > 0) said.push(anlas.estimated > 0 ? t.lively.anlasGuessed(f.num(spent)) : t.common.anlas(spent));
  if (money > 0) said.push(f.millionths(money));
  return said;
}

function costText(total: Used["total"], t: Messages, f: Formats): string {
  const cost = costOf(total, t, f);
  if (cost.length > 0) return t.lively.cost(f.list(cost));
  const isKnown = total.anlas.unknown < total.requests || total.cost_micros.unknown < total.requests;
  return isKnown ? t.lively.costFree : t.lively.costUnknown;
}

const DAY = 86_400_000;
const DAYS = 30;

/** Day by day, told by their noons (UTC), so that they have the same name in nearly all zones. */
export function plotOf(days: readonly Day[], t: Messages, now: number): Plot {
  const noon = Math.floor(now / DAY) * DAY + DAY / 2;
  const at = Array.from({ length: DAYS }, (_, index) => noon - (DAYS - 1 - index) * DAY);
  const points = days.map((day) => ({ ...day, at: new Date(`${day.day}T12:00:00Z`).getTime() }));
  const series = [
    { key: "answers", label: t.lively.generations, values: filled(at, DAY, points, [], (day) => day.generations) },
    { key: "others", label: t.lively.others, values: filled(at, DAY, points, [], (day) => day.requests - day.generations) },
  ];
  return { at, step: DAY, series, gaps: [], now: noon };
}

/** The most people on one day; `null` where fewer than three came each day. */
export function mostPersons(days: readonly Day[]): number | null {
  const known = days.map((day) => day.persons ?? null).filter((persons) => persons !== null);
  return known.length === 0 ? null : Math.max(...known);
}

export function Served({ id }: { id: number }) {
  const { t } = useI18n();
  const served = useQuery(poolKeyUsage(id));
  return (
    <Card title={t.contribute.served}>
      <Loaded of={served}>{(used) => (used.total.requests === 0 ? <p className="muted">{t.contribute.servedNone}</p> : <Days of={used} />)}</Loaded>
    </Card>
  );
}

function Days({ of: used }: { of: Used }) {
  const { t, f } = useI18n();
  return (
    <>
      <p>{t.lively.served(used.generations, mostPersons(used.days))}</p>
      <p>{costText(used.total, t, f)}</p>
      <SeriesPlot title={t.contribute.served} plot={plotOf(used.days, t, serverNow())} kind="bars" format={f.short} />
      <p className="meta">{t.lively.servedAll(used.total.requests)}</p>
    </>
  );
}
