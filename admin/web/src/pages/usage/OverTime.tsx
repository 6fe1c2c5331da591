/** Usage step by step, in one of several measures. Dragging over the plot looks closer. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { usage, type Usage, type UsagePoint } from "../../api/queries/usage";
import { filled, type Plot, type Series, sparse, stepsOf } from "../../charts/model";
import { SeriesPlot } from "../../charts/SeriesPlot";
import { type Messages, useI18n } from "../../i18n";
import type { Formats } from "../../lib/format";
import { serverNow } from "../../lib/clock";
import { Choice } from "../../ui/fields";
import { MarkList } from "./MarkList";
import { type Show, SHOWS } from "./search";
import { useMarks } from "./useMarks";
import { useUsage } from "./useUsage";

type Of = (point: UsagePoint) => number | null;

/** The series of a measure: their names, and where their values are. Where no shares of the times are summed, there is their mean. */
function seriesOf(show: Show, points: readonly UsagePoint[], t: Messages): { key: string; label: string; of: Of; isTime: boolean }[] {
  const words = t.usagePage;
  const amount = (key: string, of: Of) => [{ key, label: words.shows[show], of, isTime: false }];
  switch (show) {
    case "requests":
      return [
        { key: "ok", label: words.answered, of: ({ classes }: UsagePoint) => classes.ok, isTime: false },
        { key: "refused", label: words.refused, of: ({ classes }: UsagePoint) => classes.limited + classes.refused + classes.upstream_refused, isTime: false },
        { key: "failed", label: words.failed, of: ({ classes }: UsagePoint) => classes.upstream_failed + classes.unserved, isTime: false },
        { key: "left", label: words.left, of: ({ classes }: UsagePoint) => classes.left, isTime: false },
      ];
    case "tokens":
      return amount("tokens", (point) => point.tokens);
    case "images":
      return amount("images", (point) => point.images);
    case "anlas":
      return amount("anlas", (point) => point.anlas);
    case "time":
      if (points.every(({ total }) => !total)) {
        return [{ key: "mean", label: words.mean, of: ({ total_us, requests }: UsagePoint) => (requests === 0 ? null : total_us / requests), isTime: true }];
      }
      return [
        { key: "p95", label: words.ninety, of: ({ total }: UsagePoint) => total?.p95_us ?? null, isTime: true },
        { key: "p50", label: words.half, of: ({ total }: UsagePoint) => total?.p50_us ?? null, isTime: true },
      ];
    case "wait":
      return [{ key: "wait", label: words.mean, of: ({ queued_us, requests }: UsagePoint) => (requests === 0 ? null : queued_us / requests), isTime: true }];
  }
}

export function plotOf(of: Usage, show: Show, t: Messages, now: number): Plot {
  const at = stepsOf(of.total, of.step_ms);
  const gaps = of.gaps;
  const series: Series[] = seriesOf(show, of.points, t).map(({ key, label, of: value, isTime }) => ({
    key,
    label,
    values: isTime ? sparse(at, of.points, value) : filled(at, of.step_ms, of.points, gaps, value),
  }));
  return { at, step: of.step_ms, series, gaps, now };
}

/** The range before, laid under this one. */
function pastOf(past: Usage | undefined, plot: Plot, length: number, label: string): Series | undefined {
  if (past === undefined || past.step_ms !== plot.step || past.points.length === 0) return undefined;
  const points = past.points.map((point) => ({ ...point, at: point.at + length }));
  return { key: "past", label, values: filled(plot.at, plot.step, points, [], (point) => point.requests) };
}

function writerOf(show: Show, f: Formats): (value: number) => string {
  return show === "time" || show === "wait" ? f.us : f.short;
}

export function OverTime({ of }: { of: Usage }) {
  const { t, f } = useI18n();
  const navigate = useNavigate({ from: "/usage" });
  const { search, whose, time, filter, step } = useUsage();
  const show = search.show ?? "requests";
  const plot = plotOf(of, show, t, serverNow());
  const { from, to } = of.total;
  // By whole steps, so that the two lie on one another.
  const length = Math.ceil((to - from) / of.step_ms) * of.step_ms;
  const before = useQuery({
    ...usage(whose, { from: Math.floor((from - length) / of.step_ms) * of.step_ms, to: Math.floor((to - length) / of.step_ms) * of.step_ms }, filter, step),
    enabled: show === "requests" && (of.before?.sums.requests ?? 0) > 0,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const behind = show === "requests" ? pastOf(before.data, plot, length, t.usagePage.past) : undefined;
  const marks = useMarks(time, whose === "all");
  const look = (begin: number, end: number) => void navigate({ search: { ...search, range: undefined, from: String(begin), to: String(end) } });
  return (
    <>
      <SeriesPlot
        title={t.usagePage.plot}
        plot={plot}
        kind={show === "time" || show === "wait" ? "lines" : "bars"}
        format={writerOf(show, f)}
        behind={behind}
        marks={marks.on}
        onRange={look}
      >
        <Choice
          aria-label={t.usagePage.show}
          value={show}
          data={SHOWS.map((each) => ({ value: each, label: t.usagePage.shows[each] }))}
          onChange={(event) => {
            const chosen = SHOWS.find((each) => each === event.currentTarget.value);
            void navigate({ search: { ...search, show: chosen === "requests" ? undefined : chosen }, replace: true });
          }}
        />
      </SeriesPlot>
      <MarkList of={marks} from={from} />
    </>
  );
}
