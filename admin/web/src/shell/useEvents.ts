/**
 * What happens, as it happens: the server says which kind of thing changed, and what is on screen of it is read anew.
 *
 * Invariants: one stream a page; none while the tab is hidden for long; a stream that says nothing is not live.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { session } from "../api/queries/mine";
import { onExpiry, tellExpired } from "../api/session";
import { setServerNow } from "../lib/clock";

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
    const due = new Set<string>();

    const readAnew = (kind: string) => {
      due.add(kind);
      gathering ??= setTimeout(() => {
        gathering = undefined;
        const kinds = [...due];
        due.clear();
        const all = kinds.includes("all");
        void client.invalidateQueries({
          predicate: ({ queryKey }) => queryKey[0] !== "session" && (all || kinds.includes(String(queryKey[0]))),
        });
      }, GATHER);
    };

    const heard = (event: MessageEvent<string>) => {
      const { kind } = JSON.parse(event.data) as { kind: string };
      readAnew(kind);
    };

    const open = () => {
      stream?.close();
      stream = new EventSource(isAdmin ? "/manage/v1/events" : "/manage/v1/me/events");
      stream.addEventListener("hello", (event: MessageEvent<string>) => {
        const hello = JSON.parse(event.data) as { now: number; build: string };
        setServerNow(hello.now);
        const upgraded = build !== null && build !== hello.build;
        build ??= hello.build;
        wait = FIRST_WAIT;
        setLiveness((before) => {
          if (before.since !== null) readAnew("all");
          return { live: true, since: null, upgraded: before.upgraded || upgraded };
        });
      });
      stream.addEventListener("patch", heard);
      stream.addEventListener("stale", heard);
      stream.onerror = () => {
        stream?.close();
        stream = null;
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
        }, HIDDEN);
      } else if (stream === null) {
        clearTimeout(timer);
        open();
        readAnew("all");
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
      stream?.close();
    };
  }, [client, isAdmin]);

  return liveness;
}
