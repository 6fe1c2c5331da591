/** Requests as they end, ten seconds by ten seconds: the stream tells, and nobody has to ask. */
import { useMemo } from "react";
import { lastSteps, type Recent, useRecent } from "../../api/queries/recent";
import type { Plot } from "../../charts/model";
import { SeriesPlot } from "../../charts/SeriesPlot";
import { useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Card } from "../../ui/Page";

export function LastMinutes() {
  const { t } = useI18n();
  const of = useRecent("all");
  return (
    <Card title={t.nowPage.minutes}>
      <Loaded of={of} lines={2}>{(data) => <Steps of={data} />}</Loaded>
    </Card>
  );
}

function Steps({ of }: { of: Recent }) {
  const { t, f } = useI18n();
  const step = of.step_ms;
  // It moves on with each step, and with what comes.
  const now = Math.max(of.at, Math.floor(useNow() / step) * step);
  const plot = useMemo((): Plot => {
    const { at, steps } = lastSteps(of, now);
    const unknown = steps.findIndex((each) => each !== null);
    const [from, to] = [at[0] ?? now, at[unknown] ?? now];
    return {
      at,
      step,
      series: [
        { key: "others", label: t.nowPage.notFailed, values: steps.map((each) => (each === null ? null : each.requests - each.failed)) },
        { key: "failed", label: t.usagePage.failed, values: steps.map((each) => each?.failed ?? null) },
      ],
      gaps: unknown === 0 ? [] : [{ from, to }],
      now,
    };
  }, [of, step, now, t]);
  return <SeriesPlot title={t.nowPage.minutes} plot={plot} kind="bars" format={f.short} />;
}
