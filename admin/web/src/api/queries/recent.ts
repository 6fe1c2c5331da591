/**
 * The last quarter of an hour in steps of ten seconds, as the relay counts them: asked for once, and kept up by what the
 * stream tells.
 *
 * Invariant: what a step counts only grows, and news of a step are all of it; a step that no news tells of had nothing.
 */
import { queryOptions, useQuery } from "@tanstack/react-query";
import { api, ok } from "../client";
import type { components } from "../generated/schema";
import { isStreaming, useStreaming } from "../live";
import type { Whose } from "./usage";

export type RecentStep = components["schemas"]["RecentStep"];

export interface Recent {
  /** When that was so. */
  at: number;
  step_ms: number;
  /** The oldest first. */
  all: RecentStep[];
}

/** Milliseconds: how far it reaches back, and until it is asked for again where nobody tells of it. */
export const REACH = 900_000;
const SOON = 10_000;

export const recent = (whose: Whose) =>
  queryOptions({
    queryKey: ["recent", whose],
    queryFn: async ({ signal }): Promise<Recent> => {
      const path = whose === "all" ? "/manage/v1/usage/recent" : "/manage/v1/me/usage/recent";
      const { at, step_ms, all } = await ok(api.GET(path, { signal }));
      return { at, step_ms, all };
    },
    staleTime: SOON,
    refetchInterval: () => (isStreaming() ? false : SOON),
  });

/** Asks only as long as no stream tells. */
export function useRecent(whose: Whose) {
  useStreaming();
  return useQuery(recent(whose));
}

/** With the steps that were told of in place of what was known of them. */
export function withNews(held: Recent, news: Recent): Recent {
  const steps = new Map([...held.all, ...news.all].map((step) => [step.at, step]));
  const all = [...steps.values()].filter(({ at }) => at + news.step_ms > news.at - REACH);
  return { at: news.at, step_ms: news.step_ms, all: all.sort((a, b) => a.at - b.at) };
}

const NOTHING = { ms: 0, requests: 0, failed: 0, prompt: 0, completion: 0, waited: 0, waited_ms: 0 };

/** Each step up to now: with nothing in it where none was told of, and `null` before the first that is known. */
export function lastSteps({ step_ms, all }: Recent, now: number): { at: number[]; steps: (RecentStep | null)[] } {
  const from = now - REACH;
  const known = all.filter(({ at }) => at + step_ms > from && at <= now);
  const first = known[0];
  const steps: [number, RecentStep | null][] = [];
  for (let at = (first?.at ?? now) - step_ms; at + step_ms > from; at -= step_ms) steps.unshift([at, null]);
  known.forEach((step, index) => {
    steps.push([step.at, step]);
    // Steps are as long as a tick of the relay took: half of one is none.
    const end = (known[index + 1]?.at ?? now) - step_ms / 2;
    for (let at = step.at + step_ms; at < end; at += step_ms) steps.push([at, { ...NOTHING, at }]);
  });
  return { at: steps.map(([at]) => at), steps: steps.map(([, step]) => step) };
}

/** What they come to together. */
export function sumOf(steps: readonly (RecentStep | null)[]): { requests: number; failed: number } {
  const sum = (of: (step: RecentStep) => number) => steps.reduce((total, step) => total + (step === null ? 0 : of(step)), 0);
  return { requests: sum((step) => step.requests), failed: sum((step) => step.failed) };
}
