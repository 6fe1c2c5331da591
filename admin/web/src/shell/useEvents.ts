/**
 * What happens, as it happens: the server says which things changed, and what is on screen of them is read anew.
 *
 * Invariants: one stream a page; none while the tab is hidden for long; a stream that says nothing is not live.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { hear, type Heard, idsOf } from "../api/heard";
import { setStreaming } from "../api/live";
import { session } from "../api/queries/mine";
import type { Recent } from "../api/queries/recent";
import { onExpiry, tellExpired } from "../api/session";
import { setServerNow } from "../lib/clock";
import { newsTo } from "./news";
import { readAnew } from "./readAnew";

/** Milliseconds: how long a hidden tab listens on, how often things of a kind are read anew, how long to wait first. */
const HIDDEN = 30_000;
const GATHER = 500;
const FIRST_WAIT = 1000;
const LONGEST_WAIT = 30_000;

export interface Liveness {
  live: boolean;
  /** Since when nothing comes. */
  since: number | null;
  /** The program's version has changed since the page was loaded. */
  upgraded: boolean;
}

export function useEvents(isAdmin: boolean): Liveness {
  const client = useQueryClient();
  const [liveness, setLiveness] = useState<Liveness>({ live: false, since: null, upgraded: false });

  useEffect(() => {
    let stream: EventSource | null = null;
    let wait = FIRST_WAIT;
    let build: string | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let hiding: ReturnType<typeof setTimeout> | undefined;
    let gathering: ReturnType<typeof setTimeout> | undefined;
    const heard: Heard = new Map();
    const news = newsTo(client, isAdmin);

    const told = (kind: string, ids: number[]) => {
      hear(heard, kind, ids);
      gathering ??= setTimeout(() => {
        gathering = undefined;
        readAnew(client, heard);
        heard.clear();
      }, GATHER);
    };
    const missedSome = () => { told("all", []); };

    // An edited thing's fields are only those that were edited: what follows from them is not among them.
    const happened = (event: MessageEvent<string>) => {
      const data = JSON.parse(event.data) as { kind: string; id?: number | null; ids?: number[] };
      told(data.kind, idsOf(data));
    };

    const open = () => {
      stream?.close();
      stream = new EventSource(`${isAdmin ? "/manage/v1/events" : "/manage/v1/me/events"}?topics=all,series`);
      stream.addEventListener("hello", (event: MessageEvent<string>) => {
        const hello = JSON.parse(event.data) as { now: number; build: string };
        setServerNow(hello.now);
        const upgraded = build !== null && build !== hello.build;
        build ??= hello.build;
        wait = FIRST_WAIT;
        setStreaming(true);
        // What came before the stream began is not told.
        void client.invalidateQueries({ queryKey: ["recent"] });
        setLiveness((before) => {
          if (before.since !== null) missedSome();
          return { live: true, since: null, upgraded: before.upgraded || upgraded };
        });
      });
      stream.addEventListener("patch", happened);
      stream.addEventListener("stale", happened);
      stream.addEventListener("series", (event: MessageEvent<string>) => { news.tell(JSON.parse(event.data) as Recent); });
      stream.onerror = () => {
        stream?.close();
        stream = null;
        setStreaming(false);
        setLiveness((before) => ({ ...before, live: false, since: before.since ?? Date.now() }));
        clearTimeout(timer);
        timer = setTimeout(() => {
          // Whether it is the network or the session: asking refreshes the session on its way.
          void client.fetchQuery({ ...session, staleTime: 0 }).then((who) => {
            if (who === null) tellExpired(true);
            else open();
          }, open);
        }, wait);
        wait = Math.min(wait * 2, LONGEST_WAIT);
      };
    };

    const seen = () => {
      clearTimeout(hiding);
      if (document.hidden) {
        hiding = setTimeout(() => {
          stream?.close();
          stream = null;
          setStreaming(false);
        }, HIDDEN);
      } else if (stream === null) {
        clearTimeout(timer);
        open();
        missedSome();
      }
    };

    open();
    document.addEventListener("visibilitychange", seen);
    const forget = onExpiry((expired) => {
      if (!expired) open();
    });
    return () => {
      forget();
      document.removeEventListener("visibilitychange", seen);
      for (const each of [timer, hiding, gathering]) clearTimeout(each);
      news.stop();
      stream?.close();
      setStreaming(false);
    };
  }, [client, isAdmin]);

  return liveness;
}
