/** The supply, as admins see it: pool keys, nodes, outbound proxies, and jobs. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import { pagesBy, shared } from "../pages";
import type { Condition } from "../types";

const PAGE = 200;
/** How often what nobody tells of is read again, in milliseconds. */
const SOON = 5000;
const LATER = 30_000;

interface Paged {
  next?: number | null;
}
const paging = { initialPageParam: 0, getNextPageParam: (page: Paged) => page.next ?? undefined };

export interface PoolFilter {
  state?: Condition;
  upstream?: string;
  contributor?: number;
  q?: string;
}

export const supplyKeys = (filter: PoolFilter) =>
  infiniteQueryOptions({
    queryKey: ["pool_key", "supply", filter],
    queryFn: pagesBy((after, signal) => ok(api.GET("/manage/v1/pool-keys", { params: { query: { ...filter, after, limit: PAGE } }, signal }))),
    ...paging,
    placeholderData: keepPreviousData,
    structuralSharing: shared,
    meta: { some: async (ids) => (await ok(api.GET("/manage/v1/pool-keys", { params: { query: { ...filter, ids: ids.join() } } }))).items },
  });

export const supplyKey = (id: number) =>
  queryOptions({
    queryKey: ["pool_key", "supply", "one", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/pool-keys/{id}", { params: { path: { id } }, signal })),
    refetchInterval: SOON,
  });

export const supplyUpstreams = queryOptions({
  queryKey: ["upstream", "supply"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/upstreams", { signal })),
});

export const supplyNodes = (name: string) =>
  queryOptions({
    queryKey: ["node", "supply", name],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/upstreams/{name}/nodes", { params: { path: { name } }, signal })),
    refetchInterval: SOON,
  });

export const supplyProxies = queryOptions({
  queryKey: ["outbound_proxy", "supply"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/outbound-proxies", { signal })),
  refetchInterval: SOON,
});

export const supplyProxy = (id: number) =>
  queryOptions({
    queryKey: ["outbound_proxy", "supply", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/outbound-proxies/{id}", { params: { path: { id } }, signal })),
    refetchInterval: SOON,
  });

/** Who waits for a key, in the order of their turns. */
export const waitingLine = (name: string) =>
  queryOptions({
    queryKey: ["queue", name],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/upstreams/{name}/queue", { params: { path: { name } }, signal })),
    refetchInterval: 2000,
  });

export const liveRequests = queryOptions({
  queryKey: ["live_request", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/live-requests", { signal })),
  refetchInterval: 2000,
});

/** Whose history: the kind of thing, and which. */
export type Subject =
  | { kind: "pool_key"; id: number }
  /** One's own: nobody else is named. */
  | { kind: "my_pool_key"; id: number }
  | { kind: "node"; upstream: string; node: string }
  | { kind: "outbound_proxy"; id: number };

export const SEGMENTS = 96;
const DAY = 86_400_000;
export const RANGES = { day: DAY, week: 7 * DAY, month: 30 * DAY } as const;
export type Range = keyof typeof RANGES;

/** Its strip up to now and its last changes. */
export const history = (subject: Subject, range: Range, now: () => number) =>
  queryOptions({
    queryKey: [subject.kind, "history", subject, range],
    queryFn: ({ signal }) => {
      const query = { from: now() - RANGES[range], segments: SEGMENTS, limit: 50 };
      switch (subject.kind) {
        case "pool_key":
          return ok(api.GET("/manage/v1/pool-keys/{id}/history", { params: { path: { id: subject.id }, query }, signal }));
        case "my_pool_key":
          return ok(api.GET("/manage/v1/me/pool-keys/{id}/history", { params: { path: { id: subject.id }, query }, signal }));
        case "outbound_proxy":
          return ok(api.GET("/manage/v1/outbound-proxies/{id}/history", { params: { path: { id: subject.id }, query }, signal }));
        case "node": {
          const path = { name: subject.upstream, node: subject.node };
          return ok(api.GET("/manage/v1/upstreams/{name}/nodes/{node}/history", { params: { path, query }, signal }));
        }
      }
    },
    placeholderData: keepPreviousData,
    refetchInterval: LATER,
  });

export const supplyUsers = queryOptions({
  queryKey: ["user", "names"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/users", { params: { query: { limit: 1000 } }, signal })),
  staleTime: 300_000,
});

export const supplyJobs = infiniteQueryOptions({
  queryKey: ["job", "supply"],
  queryFn: ({ pageParam, signal }) =>
    ok(api.GET("/manage/v1/jobs", { params: { query: { after: pageParam || undefined, limit: 50 } }, signal })),
  ...paging,
});

export const supplyJob = (id: number) =>
  queryOptions({
    queryKey: ["job", "supply", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? 1000 : false),
  });

export const ITEM_STATES = ["open", "done", "skipped", "failed"] as const;
export type ItemState = (typeof ITEM_STATES)[number];

export const supplyJobItems = (id: number, state: ItemState | undefined) =>
  infiniteQueryOptions({
    queryKey: ["job", "items", id, state ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      ok(api.GET("/manage/v1/jobs/{id}/items", { params: { path: { id }, query: { after: pageParam, limit: PAGE, state } }, signal })),
    ...paging,
    placeholderData: keepPreviousData,
  });
