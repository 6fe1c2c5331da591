/** What a request went through, as stretches of time and as words. Pure: the page and the copied text are made of it. */
import type { components } from "../../api/generated/schema";
import { type Attempt, type CourseStep, type Details, type MyRequest, stepsIn } from "../../api/queries/usage";
import type { Stretch } from "../../charts/Waterfall";
import type { Messages } from "../../i18n";
import type { Formats } from "../../lib/format";
import { relayCode } from "./blame";

export type Census = components["schemas"]["Census"];

/** What a pool key is called: admins and whoever brought it read its name, others a letter. */
function keyName(details: Details, id: number | null | undefined, t: Messages): string {
  if (id === null || id === undefined) return t.requestPage.step.noKey;
  return details.pool_keys.find((named) => named.pool_key === id)?.name || t.traffic.keyOf(id);
}

function attemptText(attempt: Attempt, last: boolean, request: MyRequest | null, t: Messages, f: Formats): string {
  const words = t.requestPage;
  const status = attempt.status === null || attempt.status === undefined ? words.noAnswer : String(attempt.status);
  const said = attempt.outcome === "ok" ? words.served(status) : words.tried(status, words.blame[attempt.outcome], attempt.rule);
  const rests = attempt.cool_down === "none" ? "" : words.rests[attempt.scope];
  const asked = attempt.retry_after_ms ? words.askedToWait(f.ms(attempt.retry_after_ms)) : "";
  const next = attempt.outcome === "ok" || (last && request?.class === "ok") ? "" : attempt.retry === "never" ? words.noOther : words.another;
  return f.sentences([said, rests, asked, next]);
}

/** Over which node and outbound proxy; only admins are told. */
function wayOf(attempt: Attempt, t: Messages): string[] {
  const { at, proxy } = t.requestPage;
  return [attempt.node ? at(attempt.node) : null, attempt.outbound_proxy ? proxy(attempt.outbound_proxy) : null].filter((part) => part !== null);
}

/** Groups of the keys that were passed over, the largest first. */
export function groupsOf(census: Census, t: Messages, f: Formats): string[] {
  const groups = new Map<string, { n: number; back: number | null }>();
  for (const { why, back_in_ms } of census.named) {
    const group = groups.get(why) ?? { n: 0, back: null };
    const back = back_in_ms ?? null;
    groups.set(why, { n: group.n + 1, back: group.back === null ? back : back === null ? group.back : Math.min(group.back, back) });
  }
  const words: Partial<Record<string, string>> = t.requestPage.passed;
  const said = [...groups.entries()]
    .sort(([, a], [, b]) => b.n - a.n)
    .map(([why, { n, back }]) => t.requestPage.group(n, words[why] ?? why, back === null ? null : f.ms(back)));
  const more = census.keys - census.named.length;
  return more > 0 ? [...said, t.requestPage.more(more)] : said;
}

function stretchOf(step: CourseStep, index: number, number: number, last: boolean, details: Details, t: Messages, f: Formats): Stretch {
  const { step: words } = t.requestPage;
  const request = details.request ?? null;
  const at = { key: String(index), from: step.at_ms, to: step.at_ms, took: f.ms(step.at_ms) };
  switch (step.step) {
    case "upstream":
      return { ...at, tone: "off", title: words.upstream(step.upstream), text: null };
    case "none_free":
      return { ...at, tone: "wait", title: words.noneFree, text: f.list(groupsOf(step.census, t, f)) };
    case "waited": {
      const expected = step.expected_ms === null || step.expected_ms === undefined ? null : f.ms(step.expected_ms);
      const text = t.requestPage.queued(step.ahead, expected, step.got);
      return { ...at, from: Math.max(0, step.at_ms - step.took_ms), took: f.ms(step.took_ms), tone: "wait", title: words.queue, text };
    }
    case "attempt":
      return {
        ...at,
        from: Math.max(0, step.at_ms - step.took_ms),
        took: f.ms(step.took_ms),
        tone: step.outcome === "ok" ? "ok" : "bad",
        title: [words.attempt(number, keyName(details, step.pool_key, t)), ...wayOf(step, t)].join(" · "),
        text: attemptText(step, last, request, t, f),
      };
    case "refused": {
      const code = relayCode(step.code);
      const limit = typeof step.limit === "number" ? t.requestPage.limitThen(step.limit) : "";
      const again = step.retry_after_ms ? t.requestPage.comeAgain(f.ms(step.retry_after_ms)) : "";
      return { ...at, tone: "bad", title: words.refused, text: f.sentences([code === null ? step.code : t.relayCodes[code], limit, again]) };
    }
    case "client_left":
      return { ...at, tone: "off", title: words.left, text: null };
  }
}

/** Of a request whose steps are not kept: what its line in the books knows. */
function plain(request: MyRequest, t: Messages, f: Formats): Stretch[] {
  const { step: words } = t.requestPage;
  const [queued, total] = [request.queued_us / 1000, request.total_us / 1000];
  const first = request.first_byte_us === null || request.first_byte_us === undefined ? null : request.first_byte_us / 1000;
  const rows: Stretch[] = [];
  if (queued >= 1) rows.push({ key: "queue", from: 0, to: queued, tone: "wait", title: words.queue, text: null, took: f.ms(queued) });
  if (first === null) return rows;
  rows.push({ key: "first", from: queued, to: first, tone: "work", title: words.waitedFirst, text: null, took: f.us((first - queued) * 1000) });
  rows.push({ key: "answer", from: first, to: total, tone: "ok", title: words.answer, text: null, took: f.us((total - first) * 1000) });
  return rows;
}

export function courseOf(details: Details, t: Messages, f: Formats): Stretch[] {
  const request = details.request ?? null;
  const steps = stepsIn(details);
  if (steps.length === 0) return request === null ? [] : plain(request, t, f);
  const attempts = steps.filter((step) => step.step === "attempt").length;
  let number = 0;
  const rows = steps.map((step, index) => {
    if (step.step === "attempt") number += 1;
    return stretchOf(step, index, number, number === attempts, details, t, f);
  });
  const last = steps.at(-1)?.at_ms ?? 0;
  const total = (request?.total_us ?? 0) / 1000;
  if (request?.class === "ok" && total > last + 1) {
    rows.push({ key: "answer", from: last, to: total, tone: "ok", title: t.requestPage.step.answer, text: null, took: f.ms(total - last) });
  }
  return rows;
}

/** How long the axis is. */
export function lengthOf(details: Details, rows: readonly Stretch[]): number {
  return Math.max(1, (details.request?.total_us ?? 0) / 1000, ...rows.map((row) => row.to));
}
