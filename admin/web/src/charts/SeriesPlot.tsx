/**
 * A plot over time: the canvas, and for whoever cannot see it or wants it exactly the same as a sentence, as figures step
 * by step under the arrow keys, and as a table.
 */
import { type KeyboardEvent, lazy, type ReactNode, Suspense, useState } from "react";
import { useI18n } from "../i18n";
import { Table } from "../ui/Table";
import { useTheme } from "../ui/useTheme";
import { MarkSign } from "./MarkSign";
import { MARK_KINDS, marksIn, type PlotMark } from "./marks";
import { peakOf, type Plot, type Series, sums } from "./model";
import "./charts.css";

const Canvas = lazy(() => import("./Canvas"));

export type Kind = "bars" | "lines";

interface Props {
  title: string;
  plot: Plot;
  kind: Kind;
  /** Of a value. */
  format: (value: number) => string;
  /** Something that lies behind, such as the time before. */
  behind?: Series;
  /** What happened meanwhile, the oldest first. */
  marks?: readonly PlotMark[];
  onRange?: (from: number, to: number) => void;
  children?: ReactNode;
}

const NONE: readonly PlotMark[] = [];

export function SeriesPlot({ title, plot, kind, format, behind, marks = NONE, onRange, children }: Props) {
  const { t, f, language } = useI18n();
  const { isDark } = useTheme();
  const [cursor, setCursor] = useState<number | null>(null);
  const [tabled, setTabled] = useState(false);
  const last = plot.at.length - 1;
  const all = behind === undefined ? plot.series : [...plot.series, behind];
  const happened = marksIn(plot.at, plot.step, marks);
  const what = (index: number) => f.list((happened.get(index) ?? []).map(({ text }) => text));
  const kinds = MARK_KINDS.filter((each) => marks.some((mark) => mark.kind === each));
  const time = (at: number) => {
    if (plot.step >= 86_400_000) return f.day(at);
    if (plot.step < 60_000) return f.at(at);
    return new Date(at).toDateString() === new Date(plot.now).toDateString() ? f.clock(at) : f.moment(at);
  };
  const said = (value: number | null | undefined) => (value === null || value === undefined ? f.none : format(value));
  const told = (index: number) => {
    const at = plot.at[index];
    if (at === undefined) return "";
    const running = at <= plot.now && plot.now < at + plot.step;
    const parts = all.map((one) => t.chart.value(one.label, said(one.values[index])));
    const values = t.chart.at(running ? t.chart.running(time(at)) : time(at), f.list(parts));
    return happened.has(index) ? t.marks.besides(values, what(index)) : values;
  };
  const keys = (event: KeyboardEvent) => {
    const to = moved(event.key, cursor, last);
    if (to !== undefined) {
      event.preventDefault();
      setCursor(to);
    } else if (event.key === "Enter" && cursor !== null && onRange) {
      const at = plot.at[cursor];
      if (at !== undefined) onRange(at, at + plot.step);
    }
  };
  return (
    <figure className="plot stack-s" aria-label={title}>
      <figcaption className="meta row spread">
        <span>{summary(plot, kind, format, time)}</span>
        {children}
      </figcaption>
      <div
        className="plot-area"
        role="slider"
        tabIndex={0}
        aria-label={t.chart.cursor(title)}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, last)}
        aria-valuenow={cursor ?? last}
        aria-valuetext={told(cursor ?? last)}
        onKeyDown={keys}
        onBlur={() => { setCursor(null); }}
      >
        <Suspense fallback={null}>
          <Canvas
            key={`${language} ${isDark} ${kind} ${all.map((one) => one.key).join()}`}
            plot={plot}
            kind={kind}
            behind={behind}
            marks={marks}
            format={format}
            cursor={cursor}
            onCursor={setCursor}
            onRange={onRange}
          />
        </Suspense>
      </div>
      <p className="meta plot-told">{cursor === null ? t.chart.zone(f.zone(plot.now)) : told(cursor)}</p>
      <ul className="plain-list row plot-legend">
        {all.map((one, index) => (
          <li key={one.key} className="row">
            <Swatch index={one === behind ? null : index} kind={kind} />
            {one.label}
          </li>
        ))}
        {plot.gaps.length > 0 && (
          <li className="row">
            <i className="swatch-gap" aria-hidden="true" />
            {t.chart.gap}
          </li>
        )}
        {kinds.map((each) => (
          <li key={each} className="row">
            <MarkSign kind={each} />
            {t.marks.kind[each]}
          </li>
        ))}
      </ul>
      <details onToggle={(event) => { setTabled(event.currentTarget.open); }}>
        <summary>{t.chart.table}</summary>
        {tabled && (
          <Table
            label={title}
            id={(index) => index}
            rows={plot.at.map((_, index) => index).filter((index) => happened.has(index) || all.some((one) => one.values[index]))}
            columns={[
              { key: "at", label: t.chart.time, cell: (index) => time(plot.at[index] ?? 0) },
              ...all.map((one) => ({ key: one.key, label: one.label, number: true, cell: (index: number) => said(one.values[index]) })),
              ...(happened.size > 0 ? [{ key: "marks", label: t.marks.happened, cell: what }] : []),
            ]}
          />
        )}
      </details>
    </figure>
  );

  function summary(of: Plot, how: Kind, write: (value: number) => string, when: (at: number) => string): string {
    const values = how === "bars" ? sums(of.series) : (of.series.at(-1)?.values ?? []);
    const peak = peakOf(of, values);
    if (peak === null) return t.chart.nothing;
    return t.chart.peak(write(peak.value), f.span(of.step), when(peak.at), peak.now === null ? null : write(peak.now));
  }
}

/** Where a key leads; `undefined`: it leads nowhere. */
function moved(key: string, from: number | null, last: number): number | null | undefined {
  const at = from ?? last + 1;
  switch (key) {
    case "ArrowLeft":
    case "ArrowDown":
      return Math.max(0, at - 1);
    case "ArrowRight":
    case "ArrowUp":
      return Math.min(last, at + 1);
    case "PageUp":
      return Math.max(0, at - 12);
    case "PageDown":
      return Math.min(last, at + 12);
    case "Home":
      return 0;
    case "End":
      return last;
    case "Escape":
      return from === null ? undefined : null;
    default:
      return undefined;
  }
}

/** A series' colour and pattern, as on the canvas. `null` is what lies behind. */
export function Swatch({ index, kind }: { index: number | null; kind: Kind }) {
  const name = index === null ? "behind" : String(index + 1);
  return <i className="swatch" data-kind={index === null ? "lines" : kind} data-series={name} aria-hidden="true" />;
}
