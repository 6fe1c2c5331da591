/**
 * How each of many pool keys fared, for rows that come and go: those that ask within a moment are asked for together, and
 * who has gone meanwhile is left out.
 */
import { queryOptions } from "@tanstack/react-query";
import { serverNow } from "../../lib/clock";
import { api, ok } from "../client";
import type { components } from "../generated/schema";

export type StripPart = components["schemas"]["HistoryPart"];

/** Milliseconds for which others are waited for: a row that is only scrolled past does not ask. */
const TOGETHER = 150;
/** As many as the server answers at once. */
const MOST = 100;
const DAY = 86_400_000;
export const ROW_SEGMENTS = 48;
const LATER = 60_000;

interface Waiting {
  id: number;
  signal: AbortSignal;
  done: (part: StripPart | null) => void;
  failed: (error: unknown) => void;
}

let waiting: Waiting[] = [];

function ask(): void {
  const all = waiting.filter(({ signal }) => !signal.aborted);
  waiting = [];
  for (let at = 0; at < all.length; at += MOST) void fetchStrips(all.slice(at, at + MOST));
}

async function fetchStrips(some: Waiting[]): Promise<void> {
  try {
    const query = { ids: some.map(({ id }) => id).join(), from: serverNow() - DAY, segments: ROW_SEGMENTS };
    const { items } = await ok(api.GET("/manage/v1/pool-keys/histories", { params: { query } }));
    const found = new Map(items.map(({ pool_key, strip }) => [pool_key, strip]));
    for (const { id, done } of some) done(found.get(id) ?? null);
  } catch (error) {
    for (const { failed } of some) failed(error);
  }
}

/** `null`: nothing is known of it. */
export const poolStrip = (id: number) =>
  queryOptions({
    queryKey: ["pool_key", "strip", id],
    queryFn: ({ signal }) =>
      new Promise<StripPart | null>((done, failed) => {
        if (waiting.length === 0) setTimeout(ask, TOGETHER);
        waiting.push({ id, signal, done, failed });
      }),
    staleTime: LATER,
    refetchInterval: LATER,
  });
