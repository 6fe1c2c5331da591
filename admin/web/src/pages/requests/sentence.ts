/**
 * A request's end in sentences: what happened, and what one can do.
 *
 * Invariant: nobody is blamed whom the books do not blame.
 */
import { type Details, type MyRequest, stepsIn } from "../../api/queries/usage";
import type { Messages } from "../../i18n";
import type { Formats } from "../../lib/format";
import { relayCode } from "./blame";

/** Microseconds. What took less is not worth a word. */
const SHORT = 500_000;
/** Below this not even what was most of it is. */
const TINY = 50_000;

/** What took most of the time of an answered request, if one thing did. */
function mostOf(request: MyRequest, failedMs: number, t: Messages, f: Formats): string | null {
  const { total_us, queued_us } = request;
  if (total_us < 2 * SHORT) return null;
  const first = request.first_byte_us ?? total_us;
  const failed = failedMs * 1000;
  const upstream = Math.max(0, first - queued_us - failed);
  const answer = Math.max(0, total_us - first);
  const half = total_us / 2;
  // A long wait has been said already.
  if (queued_us > half) return null;
  if (failed > half) return t.requestPage.mostAttempts(f.us(failed));
  if (upstream > half) return t.requestPage.mostUpstream(f.us(upstream));
  return answer > half ? t.requestPage.mostAnswer(f.us(answer)) : null;
}

/** Milliseconds of the attempts before the last one. */
export function failedBefore(details: Details): number {
  const attempts = stepsIn(details).filter((step) => step.step === "attempt");
  return attempts.slice(0, -1).reduce((sum, attempt) => sum + attempt.took_ms, 0);
}

function answered(request: MyRequest, details: Details, t: Messages, f: Formats): string[] {
  const waited = request.queued_us >= SHORT || (request.queued_us >= TINY && request.queued_us > request.total_us / 2);
  const tries = request.attempts - 1;
  const said = [waited ? t.requestPage.answeredWaited(f.us(request.queued_us), f.us(request.total_us)) : t.requestPage.answered(f.us(request.total_us))];
  if (tries > 0) said.push(t.requestPage.retried(tries));
  const most = mostOf(request, failedBefore(details), t, f);
  if (most !== null) said.push(most);
  if (waited || tries > 0) said.push(t.requestPage.nothingWrong);
  return said;
}

function refused(request: MyRequest, t: Messages): string[] {
  const code = relayCode(request.code);
  if (code !== null) return [t.relayCodes[code]];
  return request.code ? [t.requestPage.refusedOther(request.code)] : [];
}

export function sentencesOf(request: MyRequest, details: Details, t: Messages, f: Formats): string[] {
  const upstream = request.upstream ?? t.requestPage.theUpstream;
  switch (request.class) {
    case "ok":
      return answered(request, details, t, f);
    case "left": {
      const waiting = request.attempts === 0;
      return [waiting ? t.requestPage.leftWaiting(f.us(request.total_us)) : t.requestPage.left(f.us(request.total_us))];
    }
    case "limited":
    case "refused":
      return refused(request, t);
    case "unserved":
      if (request.status === 429 && request.limit_source === "upstream") return [t.requestPage.upstreamLimit(upstream)];
      return refused(request, t);
    case "upstream_refused":
      return [request.status === 429 ? t.requestPage.upstreamLimit(upstream) : t.requestPage.upstreamRefused(upstream, request.status)];
    case "upstream_failed":
      return [request.ended === "cut" ? t.requestPage.upstreamCut(upstream) : t.requestPage.upstreamFailed(upstream, request.status)];
  }
}
