/** The canvas of a plot: uPlot, loaded when a plot is first shown. It knows values and pixels, and no words. */
import { useEffect, useEffectEvent, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { useI18n } from "../i18n";
import { drawMarks, type PlotMark } from "./marks";
import type { Plot, Series } from "./model";
import { DASHES, fillOf, hatch, type Paint, paintOf } from "./paint";
import type { Kind } from "./SeriesPlot";

interface Props {
  plot: Plot;
  kind: Kind;
  behind?: Series;
  marks: readonly PlotMark[];
  format: (value: number) => string;
  cursor: number | null;
  onCursor: (index: number | null) => void;
  onRange?: (from: number, to: number) => void;
}

const TALL = 220;
const LOW = 160;
/** As in charts.css. */
const NARROW = "(max-width: 40rem)";
const tall = () => (matchMedia(NARROW).matches ? LOW : TALL);
const DAY = 86_400_000;
/** Lines are times in microseconds, and no axis is shorter than this. */
const MILLISECOND = 1000;

/** What uPlot draws: of bars the tallest stack first, so that each lower one covers its own part. */
function dataOf(plot: Plot, kind: Kind, behind: Series | undefined): uPlot.AlignedData {
  const own = kind === "bars" ? stacked(plot.series) : plot.series.map((one) => one.values);
  return [plot.at, ...own, ...(behind ? [behind.values] : [])];
}

function stacked(series: readonly Series[]): (number | null)[][] {
  const under: (number | null)[][] = [];
  for (const one of series) {
    const below = under.at(-1);
    under.push(one.values.map((value, index) => (value === null ? null : value + (below?.[index] ?? 0))));
  }
  // Where a part is nothing, not even its outline is drawn.
  return under.map((values, at) => values.map((value, index) => (series[at]?.values[index] ? value : null))).reverse();
}

function seriesOf(plot: Plot, kind: Kind, behind: Series | undefined, paint: Paint): uPlot.Series[] {
  const bars = uPlot.paths.bars?.({ align: 1, size: [0.86, 48] });
  const own: uPlot.Series[] = plot.series.map((_, index) => {
    const colour = paint.series[index % paint.series.length];
    if (kind === "bars") return { stroke: colour, fill: fillOf(paint, index), width: 0.75, paths: bars, points: { show: false } };
    return { stroke: colour, width: 2, dash: DASHES[index % DASHES.length], spanGaps: false, points: { size: 5 } };
  });
  if (kind === "bars") own.reverse();
  const past: uPlot.Series[] = behind ? [{ stroke: paint.text, width: 1.5, dash: [3, 3], spanGaps: false, points: { show: false } }] : [];
  return [{}, ...own, ...past];
}

export default function Canvas({ plot, kind, behind, marks, format, cursor, onCursor, onRange }: Props) {
  const { f } = useI18n();
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const shown = useRef(plot);
  const happened = useRef(marks);
  const pointed = useEffectEvent((index: number | null) => { onCursor(index); });
  const dragged = useEffectEvent((from: number, to: number) => { onRange?.(from, to); });
  const written = useEffectEvent((value: number) => format(value));
  const timed = useEffectEvent((at: number, apart: number) =>
    apart >= DAY || new Date(at).getHours() + new Date(at).getMinutes() === 0 ? f.day(at) : f.clock(at),
  );
  const made = useEffectEvent((element: HTMLDivElement) => {
    const paint = paintOf(element);
    const axis: uPlot.Axis = { stroke: paint.text, font: paint.font, grid: { stroke: paint.hairline, width: 1 }, ticks: { show: false } };
    return new uPlot(
      {
        ms: 1,
        width: Math.max(160, element.clientWidth),
        height: tall(),
        padding: [8, 36, 0, 0],
        legend: { show: false },
        cursor: { y: false, points: { show: kind === "lines" }, drag: { x: true, y: false, setScale: false } },
        scales: {
          x: { time: true, range: () => [shown.current.at[0] ?? 0, (shown.current.at.at(-1) ?? 0) + shown.current.step] },
          y: { range: (_, __, most) => [0, Math.max(kind === "lines" ? MILLISECOND : 1, most) * 1.05] },
        },
        series: seriesOf(plot, kind, behind, paint),
        axes: [
          { ...axis, size: 32, space: 64, values: (_, splits) => splits.map((at, index) => timed(at, (splits[index + 1] ?? at) - at || ((splits[1] ?? 0) - (splits[0] ?? 0)))) },
          { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 1e8, 1e9], values: (_, splits) => splits.map((value) => written(value)) },
        ],
        hooks: {
          drawClear: [(u) => { veil(u, shown.current.gaps, hatch(paint.border, 1)); }],
          draw: [
            (u) => {
              veil(u, running(shown.current), hatch(paint.surface, 2.5));
              drawMarks(u.ctx, u.bbox, happened.current, (at) => u.valToPos(at, "x", true), { colour: paint.text, scale: uPlot.pxRatio });
            },
          ],
          setCursor: [(u) => { pointed(u.cursor.idx ?? null); }],
          setSelect: [
            (u) => {
              const { left, width } = u.select;
              if (width < 4) return;
              const { step } = shown.current;
              const [from, to] = [u.posToVal(left, "x"), u.posToVal(left + width, "x")];
              u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
              dragged(Math.floor(from / step) * step, Math.ceil(to / step) * step);
            },
          ],
        },
      },
      dataOf(plot, kind, behind),
      element,
    );
  });

  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const made_ = made(element);
    chart.current = made_;
    const watch = new ResizeObserver(() => {
      const width = Math.max(160, element.clientWidth);
      if (width !== made_.width) made_.setSize({ width, height: tall() });
    });
    watch.observe(element);
    return () => {
      watch.disconnect();
      made_.destroy();
      chart.current = null;
    };
  }, []);

  useEffect(() => {
    shown.current = plot;
    happened.current = marks;
    chart.current?.setData(dataOf(plot, kind, behind));
  }, [plot, kind, behind, marks]);

  useEffect(() => {
    const u = chart.current;
    if (u === null || (u.cursor.idx ?? null) === cursor) return;
    const at = cursor === null ? undefined : plot.at[cursor];
    u.setCursor(at === undefined ? { left: -10, top: -10 } : { left: u.valToPos(at, "x") + 1, top: 10 }, false);
  }, [cursor, plot]);

  return <div ref={place} className="plot-canvas" aria-hidden="true" />;
}

/** The step that is not over. */
function running(plot: Plot): { from: number; to: number }[] {
  const at = plot.at.find((begin) => begin <= plot.now && plot.now < begin + plot.step);
  return at === undefined ? [] : [{ from: at, to: at + plot.step }];
}

function veil(u: uPlot, spans: readonly { from: number; to: number }[], fill: CanvasPattern | string): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.fillStyle = fill;
  for (const { from, to } of spans) {
    const left = Math.max(bbox.left, u.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, u.valToPos(to, "x", true));
    if (right > left) ctx.fillRect(left, bbox.top, right - left, bbox.height);
  }
  ctx.restore();
}
