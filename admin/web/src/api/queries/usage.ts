/** What was used, and the requests that used it: one's own, or for admins everybody's. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import { hasCode } from "../errors";
import type { components } from "../generated/schema";
import { isStreaming } from "../live";

type Schemas = components["schemas"];
export type Endpoint = Schemas["Endpoint"];
export type StatusClass = Schemas["StatusClass"];
export type Usage = Schemas["Usage"];
export type UsagePoint = Schemas["UsagePoint"];
export type UsageTotal = Schemas["UsageTotal"];
export type UsageSums = Schemas["UsageSums"];
export type UsageGroup = Schemas["UsageGroup"];
export type Groups = Schemas["UsageGroups"];
export type MyRequest = Schemas["MyRequest"];
export type Details = Schemas["DetailsOfMyRequest"];
export type Live = Schemas["MyLiveRequest"];

/** A step of a request's course. The generator leaves the sign of attempts out, since they are told by reference. */
export type Attempt = { at_ms: number; step: "attempt" } & Schemas["Attempt"];
export type CourseStep = Extract<Schemas["Step"], { step: string }> | Attempt;

export function stepsIn(details: Details): CourseStep[] {
  return (details.trace?.steps ?? []) as CourseStep[];
}

export type Step = "1m" | "5m" | "1h" | "1d";

/** Whose requests. */
export type Whose = "mine" | "all";

/** The time: up to now, or from one moment to another. */
export type Time = { range: string } | { from: number; to: number };

export interface Filter {
  class?: StatusClass;
  endpoint?: Endpoint;
  client_key?: number;
  model?: string;
  upstream?: string;
  /** Only admins ask by these. */
  user?: number;
  pool_key?: number;
  node?: string;
}

/** Of which requests: sums are not kept by reason. */
export interface RequestFilter extends Filter {
  /** Why the relay refused them. */
  code?: string;
}

/** Milliseconds until what is still growing is read again. */
const SOON = 10_000;
const LATER = 60_000;
const PAGE = 100;

/** What members may ask by. */
function own({ class: ended, endpoint, client_key, model, upstream }: Filter) {
  return { class: ended, endpoint, client_key, model, upstream };
}

const ownRequests = (filter: RequestFilter) => ({ ...own(filter), code: filter.code });

/** The stream tells when requests have ended; then only the time goes on. */
const soon = (time: Time) => () => ("range" in time ? (isStreaming() ? LATER : SOON) : false);

export const usage = (whose: Whose, time: Time, filter: Filter, step?: Step) =>
  queryOptions({
    queryKey: ["usage", "sum", whose, time, filter, step ?? ""],
    queryFn: ({ signal }): Promise<Usage> =>
      whose === "all"
        ? ok(api.GET("/manage/v1/usage", { params: { query: { ...time, ...filter, step } }, signal }))
        : ok(api.GET("/manage/v1/me/usage", { params: { query: { ...time, ...own(filter), step } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: soon(time),
  });

const SHOWN = 12;

/** Members' requests are not parted by who they are. */
const MEMBERS = ["model", "endpoint", "client_key", "class", "upstream"] as const;
export type OwnGroups = (typeof MEMBERS)[number];
export const GROUPS = [...MEMBERS, "user", "pool_key", "node"] as const satisfies readonly Groups[];

export function groupsOf(whose: Whose): readonly Groups[] {
  return whose === "all" ? GROUPS : MEMBERS;
}

export const usageBy = (whose: Whose, time: Time, filter: Filter, by: Groups) =>
  queryOptions({
    queryKey: ["usage", "by", whose, time, filter, by],
    queryFn: ({ signal }) => {
      if (whose === "all") return ok(api.GET("/manage/v1/usage/by", { params: { query: { ...time, ...filter, by, limit: SHOWN } }, signal }));
      const mine = MEMBERS.find((each) => each === by) ?? "model";
      return ok(api.GET("/manage/v1/me/usage/by", { params: { query: { ...time, ...own(filter), by: mine, limit: SHOWN } }, signal }));
    },
    placeholderData: keepPreviousData,
    refetchInterval: soon(time),
    retry: (count, error) => count < 2 && !hasCode(error, "unanswerable"),
  });

export const requests = (whose: Whose, time: Time, filter: RequestFilter) =>
  infiniteQueryOptions({
    queryKey: ["usage", "requests", whose, time, filter],
    queryFn: ({ pageParam, signal }): Promise<{ items: (MyRequest & { user?: number | null })[]; next?: string | null }> => {
      const page = { after: pageParam === "" ? undefined : pageParam, limit: PAGE };
      return whose === "all"
        ? ok(api.GET("/manage/v1/requests", { params: { query: { ...time, ...filter, ...page } }, signal }))
        : ok(api.GET("/manage/v1/me/requests", { params: { query: { ...time, ...ownRequests(filter), ...page } }, signal }));
    },
    initialPageParam: "",
    getNextPageParam: ({ next }) => next ?? undefined,
    placeholderData: keepPreviousData,
    // Rows do not move under the pointer: what is new waits until it is asked for.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

/** How many came after the newest row that is shown. */
export const newer = (whose: Whose, filter: RequestFilter, since: number | undefined) =>
  queryOptions({
    queryKey: ["usage", "newer", whose, filter, since ?? 0],
    queryFn: async ({ signal }) => {
      const query = { from: (since ?? 0) + 1, to: Date.now() + 60_000, limit: PAGE };
      const { items } =
        whose === "all"
          ? await ok(api.GET("/manage/v1/requests", { params: { query: { ...filter, ...query } }, signal }))
          : await ok(api.GET("/manage/v1/me/requests", { params: { query: { ...ownRequests(filter), ...query } }, signal }));
      return items.length;
    },
    enabled: since !== undefined,
    refetchInterval: () => (isStreaming() ? LATER : SOON),
  });

/** Where the same can be had as a file. */
export function exportPath(whose: Whose, time: Time, filter: RequestFilter, format: "csv" | "ndjson"): string {
  const asked = { ...time, ...(whose === "all" ? filter : ownRequests(filter)), format };
  const said = Object.entries(asked).filter(([, value]) => value !== undefined);
  const path = whose === "all" ? "/manage/v1/requests/export" : "/manage/v1/me/requests/export";
  return `${path}?${new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString()}`;
}

/** One request; read again until it has ended and stands in the books. `null`: nobody knows it. */
export const request = (whose: Whose, id: string) =>
  queryOptions({
    queryKey: ["request", whose, id],
    queryFn: async ({ signal }): Promise<Details | null> => {
      try {
        return whose === "all"
          ? await ok(api.GET("/manage/v1/requests/{id}", { params: { path: { id } }, signal }))
          : await ok(api.GET("/manage/v1/me/requests/{id}", { params: { path: { id } }, signal }));
      } catch (error) {
        if (hasCode(error, "not_found", "unreadable_request", "invalid_field")) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (state.data?.request || state.dataUpdateCount > 30 ? false : 2000),
  });

export const myLive = queryOptions({
  queryKey: ["live_request", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/live-requests", { signal })),
  refetchInterval: 2000,
});

/** A client key's last week, by the hour, with its newest requests. */
export const keyUsage = (id: number, range = "7d", step: Step = "1h") =>
  queryOptions({
    queryKey: ["usage", "key", id, range, step],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/keys/{id}/usage", { params: { path: { id }, query: { range, step } }, signal })),
    staleTime: 60_000,
    refetchInterval: 60_000,
  });

/** What a pool key of one's own served. */
export const poolKeyUsage = (id: number) =>
  queryOptions({
    queryKey: ["usage", "pool_key", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/pool-keys/{id}/usage", { params: { path: { id } }, signal })),
    refetchInterval: 60_000,
  });

const HOUR = 3_600_000;

/** The viewer's own midnight. */
export function midnight(now: number): number {
  return new Date(now).setHours(0, 0, 0, 0);
}

/** Today up to now, and the same hours of yesterday. */
export const today = (now: () => number) =>
  queryOptions({
    queryKey: ["usage", "today"],
    queryFn: async ({ signal }) => {
      const to = now();
      const from = midnight(to);
      const ask = (begin: number, end: number) =>
        ok(api.GET("/manage/v1/me/usage", { params: { query: { from: begin, to: end, step: "1h" } }, signal }));
      const [day, before] = await Promise.all([ask(from, Math.max(to, from + 1)), ask(from - 24 * HOUR, Math.max(to - 24 * HOUR, from - 24 * HOUR + 1))]);
      return { day, before, to };
    },
    staleTime: 2000,
    refetchInterval: () => (isStreaming() ? LATER : 30_000),
  });

/** Whether anything was ever sent, as far as one looks back. */
export const everSent = queryOptions({
  queryKey: ["usage", "ever"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/usage", { params: { query: { range: "90d", step: "1d" } }, signal })),
  select: ({ total }) => total.sums.requests > 0,
  refetchInterval: ({ state }) => ((state.data?.total.sums.requests ?? 0) > 0 ? false : 5000),
  staleTime: 60_000,
});

/** The first request that a key sent since then; asked for until it is there. */
export const firstRequest = (key: number, since: number) =>
  queryOptions({
    queryKey: ["usage", "first", key, since],
    queryFn: async ({ signal }) => {
      const query = { client_key: key, from: since, to: since + 24 * HOUR, limit: 10 };
      const { items } = await ok(api.GET("/manage/v1/me/requests", { params: { query }, signal }));
      return items.at(-1) ?? null;
    },
    refetchInterval: ({ state }) => (state.data ? false : 2000),
  });
