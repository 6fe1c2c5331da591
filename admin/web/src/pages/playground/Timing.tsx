/** How a request goes: a bar of what it waited for and what it took, in words too, and the way to its course. */
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import type { Run } from "./useRun";

/** Ticks while it goes on. */
function usePassed(run: Run): number {
  const [began] = useState(() => performance.now());
  const [passed, setPassed] = useState(0);
  const goes = run.ended === null;
  useEffect(() => {
    if (!goes) return undefined;
    const ticker = setInterval(() => {
      setPassed(performance.now() - began);
    }, 200);
    return () => {
      clearInterval(ticker);
    };
  }, [goes, began]);
  return run.ended ?? passed;
}

export function Timing({ run, onStop }: { run: Run; onStop: () => void }) {
  const { t, f } = useI18n();
  const words = t.playground;
  const passed = usePassed(run);
  const share = run.first === null ? 1 : run.first / Math.max(passed, run.first, 1);
  const took = f.ms(passed);
  const stage = {
    waiting: words.waiting,
    working: words.working,
    done: words.finished(took),
    stopped: words.stopped(took),
    failed: words.failedAfter(took),
  }[run.stage];
  const parts = [stage, run.first === null ? null : words.first(f.ms(run.first)), run.parts > 0 ? words.parts(run.parts) : null];
  return (
    <figure className="stack-s" aria-label={words.timing}>
      <div className="timing" aria-hidden="true" data-stage={run.stage}>
        <i data-part="first" style={{ width: `${100 * share}%` }} />
        <i data-part="rest" style={{ width: `${100 * (1 - share)}%` }} />
      </div>
      <figcaption className="row spread">
        <span className="meta">{parts.filter((part) => part !== null).join(" · ")}</span>
        <span className="row">
          {run.requestId !== null && run.ended !== null && (
            <Link to="/requests/$id" params={{ id: run.requestId }} search={{}}>
              {words.trace}
            </Link>
          )}
          {run.ended === null && (
            <Button size="small" onClick={onStop}>
              {words.stop}
            </Button>
          )}
        </span>
      </figcaption>
      {/* What is heard of it: how it stands, not each tick. */}
      <span className="visually-hidden" role="status">
        {run.ended === null ? (run.stage === "working" ? words.working : words.waiting) : stage}
      </span>
    </figure>
  );
}
