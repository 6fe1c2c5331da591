/** How a job is, in a badge, a bar and a line of words. */
import type { Job } from "../../api/types";
import { type Messages, useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Badge, type Tone } from "../../ui/Badge";
import "../../ui/chips.css";

const LOOK: Record<Job["state"], [Tone, string]> = {
  running: ["wait", "…"],
  done: ["ok", "✓"],
  failed: ["bad", "✕"],
  cancelled: ["off", "■"],
};

export function jobName(job: Job, t: Messages): string {
  return t.jobsPage.name(t.jobsPage.kind[job.kind], job.do ? t.jobsPage.act[job.do] : null);
}

export function JobBadge({ of: job }: { of: Job }) {
  const { t } = useI18n();
  const [tone, glyph] = LOOK[job.state];
  return <Badge tone={tone} glyph={glyph}>{t.jobsPage.state[job.state]}</Badge>;
}

/** How far it is. Not spoken: it would never stop. */
export function JobBar({ of: job }: { of: Job }) {
  const { t } = useI18n();
  const whole = Math.max(1, job.total);
  const part = (n: number) => ({ width: `${(100 * n) / whole}%` });
  return (
    <div className="stack-s">
      <div className="bar" role="progressbar" aria-label={jobName(job, t)} aria-valuemin={0} aria-valuemax={job.total} aria-valuenow={job.done}>
        <i data-mark="ok" style={part(job.counts.done)} />
        <i data-mark="off" style={part(job.counts.skipped)} />
        <i data-mark="bad" style={part(job.counts.failed)} />
      </div>
      <span className="meta">
        {t.jobsPage.progress(job.done, job.total)} · {t.jobsPage.counts(job.counts.done, job.counts.skipped, job.counts.failed)}
      </span>
    </div>
  );
}

export function JobTook({ of: job }: { of: Job }) {
  const { t, f } = useI18n();
  const now = useNow();
  if (job.ended_at === null || job.ended_at === undefined) return t.jobsPage.running(f.span(Math.max(0, now - job.created_at)));
  return t.jobsPage.took(f.span(job.ended_at - job.created_at));
}
