/** Today against the same hours of yesterday. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { lastSteps, sumOf, useRecent } from "../../api/queries/recent";
import { midnight, today, type Usage } from "../../api/queries/usage";
import { filled, folded, stepsOf } from "../../charts/model";
import { Sparkline } from "../../charts/Sparkline";
import { useI18n } from "../../i18n";
import { serverNow, useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Card } from "../../ui/Page";

const DAY = 86_400_000;
/** The last minutes are shown in so many bars. */
const BARS = 30;

export function Today() {
  const { t, f } = useI18n();
  const both = useQuery(today(serverNow));
  const title = both.data === undefined ? t.lively.today : t.lively.todayTill(f.clock(both.data.to));
  return (
    <Card title={title} actions={<Link to="/usage" search={{}}>{t.lively.allUsage}</Link>}>
      <Loaded of={both} lines={2}>{({ day, before }) => <Compared day={day} before={before} />}</Loaded>
      <Minutes />
    </Card>
  );
}

/** What came just now, as it comes. */
function Minutes() {
  const { t } = useI18n();
  const { data } = useRecent("mine");
  const now = useNow();
  if (data === undefined) return null;
  const { steps } = lastSteps(data, now);
  const { requests, failed } = sumOf(steps);
  const values = folded(steps.map((step) => step?.requests ?? null), BARS);
  const said = t.lively.minutes(requests, failed);
  return (
    <p className="row meta">
      {said}
      {requests > 0 && <Sparkline values={values} most={Math.max(...values.map((value) => value ?? 0))} label={said} />}
    </p>
  );
}

function Compared({ day, before }: { day: Usage; before: Usage }) {
  const { t, f } = useI18n();
  const { classes } = day.total;
  const [now, then] = [classes.ok, before.total.classes.ok];
  const refused = classes.limited + classes.refused + classes.upstream_refused;
  const failed = classes.upstream_failed + classes.unserved;
  const from = midnight(day.total.to);
  const hours = stepsOf({ from, to: from + DAY }, day.step_ms);
  // What is yet to come is not none.
  const values = filled(hours, day.step_ms, day.points, day.gaps, (point) => point.classes.ok).map((value, index) => ((hours[index] ?? 0) > day.total.to ? null : value));
  const most = Math.max(0, ...values.map((value) => value ?? 0));
  return (
    <div className="stack-s">
      <p className="row">
        <strong className="big">{f.short(now)}</strong>
        <span>{t.lively.answeredWord(now)}</span>
        <Sparkline values={values} most={most} label={t.lively.answeredToday(now)} />
      </p>
      <p>{then === 0 ? t.lively.yesterdayNone : t.lively.change(f.change(now / then - 1))}</p>
      <p className="row meta">
        <Link to="/usage" search={{ by: "class" }}>{t.lively.refused(refused)}</Link>
        <Link to="/usage" search={{ by: "class" }}>{t.lively.failed(failed)}</Link>
      </p>
    </div>
  );
}
