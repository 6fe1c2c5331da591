/** One request of this page from its start to its end: how far it is, when what came, and what went wrong. */
import { useCallback, useEffect, useRef, useState } from "react";
import { explain } from "../../api/errors";
import { type Messages, useI18n } from "../../i18n";
import type { Formats } from "../../lib/format";
import { useWho } from "../../shell/useWho";
import { eventsOf, type StreamEvent } from "./events";
import { forgetKey, playgroundKey } from "./key";
import { codeOf, isKeyGone, type Trouble, troubleOf } from "./trouble";

export interface Run {
  stage: "waiting" | "working" | "done" | "stopped" | "failed";
  /** Milliseconds since the request was sent, by the page's own clock. */
  first: number | null;
  ended: number | null;
  parts: number;
  requestId: string | null;
  trouble: Trouble | null;
}

export interface Ask {
  path: string;
  body: unknown;
  /** Takes what came. Says whether that was a part of the answer, its end, or neither. */
  heard: (event: StreamEvent) => "part" | "end" | null;
}

const NEW: Run = { stage: "waiting", first: null, ended: null, parts: 0, requestId: null, trouble: null };

/** An answer that is no stream of events, or an event that says that it failed. */
class Refused extends Error {
  constructor(readonly trouble: Trouble) {
    super(trouble.text);
  }
}

async function send(ask: Ask, user: number, signal: AbortSignal): Promise<Response> {
  const key = await playgroundKey(user);
  return fetch(ask.path, {
    method: "POST",
    headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
    body: JSON.stringify(ask.body),
    signal,
    // The key says who asks; the session has no business here.
    credentials: "omit",
    cache: "no-store",
  });
}

async function refusal(answer: Response, t: Messages): Promise<Refused> {
  const body: unknown = await answer.json().catch(() => null);
  if (isKeyGone(answer.status, codeOf(body).code)) forgetKey();
  return new Refused(troubleOf(answer.status, body, t));
}

/** An upstream that fails after it has begun says so in the stream. */
function inStream(event: StreamEvent, t: Messages): Refused | null {
  if (event.name !== "error" && !event.data.startsWith('{"error"')) return null;
  const body: unknown = JSON.parse(event.data);
  return new Refused({ ...troubleOf(500, body, t), text: t.playground.brokeOff, detail: codeOf(body).message });
}

function troubled(error: unknown, stage: Run["stage"], t: Messages, f: Formats): Trouble {
  if (error instanceof Refused) return error.trouble;
  if (error instanceof TypeError) return { text: stage === "working" ? t.playground.brokeOff : t.playground.unreachable, detail: null, whose: null };
  const { text, detail } = explain(error, t, f);
  return { text, detail, whose: null };
}

export function useRun() {
  const { t, f } = useI18n();
  const user = useWho().user ?? 0;
  const [run, setRun] = useState<Run | null>(null);
  const going = useRef<AbortController | null>(null);
  useEffect(() => () => going.current?.abort(), []);

  const start = useCallback(
    async (ask: Ask) => {
      going.current?.abort();
      const own = new AbortController();
      going.current = own;
      let now: Run = NEW;
      const became = (change: Partial<Run>) => {
        now = { ...now, ...change };
        if (going.current === own) setRun(now);
      };
      became({});
      let began = performance.now();
      const passed = () => performance.now() - began;
      try {
        await playgroundKey(user);
        began = performance.now();
        const answer = await send(ask, user, own.signal);
        became({ requestId: answer.headers.get("x-request-id") });
        if (!answer.ok || answer.body === null) throw await refusal(answer, t);
        let ended = false;
        for await (const event of eventsOf(answer.body)) {
          const failed = inStream(event, t);
          if (failed !== null) throw failed;
          const what = ask.heard(event);
          ended ||= what === "end";
          if (what !== null) became({ stage: "working", first: now.first ?? passed(), parts: now.parts + 1 });
        }
        if (!ended) throw new Refused({ text: t.playground.brokeOff, detail: null, whose: "upstream" });
        became({ stage: "done", ended: passed() });
      } catch (error) {
        if (own.signal.aborted) became({ stage: "stopped", ended: passed() });
        else became({ stage: "failed", ended: passed(), trouble: troubled(error, now.stage, t, f) });
      }
    },
    [t, f, user],
  );
  const stop = useCallback(() => going.current?.abort(), []);
  const reset = useCallback(() => {
    going.current?.abort();
    going.current = null;
    setRun(null);
  }, []);
  const busy = run?.stage === "waiting" || run?.stage === "working";
  return { run, busy, start, stop, reset };
}
