/** What is wrong, who is told of it, and what serves: for admins. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import type { components } from "../generated/schema";

type Schemas = components["schemas"];
export type Finding = Schemas["Finding"];
export type AlertTarget = Schemas["AlertTarget"];
export type AlertDelivery = Schemas["AlertDelivery"];
export type Route = Schemas["Route"];
export type RouteBounds = Schemas["RouteBounds"];

/** Milliseconds: the relay looks each five seconds. */
const LOOKS = 5000;
const SOON = 2000;

/** All that is wrong; the worst are chosen on the page. */
export const openFindings = queryOptions({
  queryKey: ["finding", "open"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/findings", { params: { query: { state: "open", limit: 1000 } }, signal })),
  refetchInterval: LOOKS,
});

interface Paged {
  next?: number | null;
}

export const pastFindings = infiniteQueryOptions({
  queryKey: ["finding", "past"],
  queryFn: ({ pageParam, signal }) =>
    ok(api.GET("/manage/v1/findings", { params: { query: { state: "resolved", after: pageParam || undefined, limit: 50 } }, signal })),
  initialPageParam: 0,
  getNextPageParam: (page: Paged) => page.next ?? undefined,
  placeholderData: keepPreviousData,
});

export const alertTargets = queryOptions({
  queryKey: ["alert_target", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/alerts", { signal })),
});

export const alertDeliveries = (id: number) =>
  queryOptions({
    queryKey: ["alert_target", "deliveries", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/alerts/{id}/deliveries", { params: { path: { id }, query: { limit: 100 } }, signal })),
    refetchInterval: LOOKS,
  });

export const routesServed = queryOptions({
  queryKey: ["route", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/routes", { signal })),
});

/** What the edge says of itself. A part that it does not tell is not there. */
export interface EdgeReport {
  edge?: string;
  version?: string;
  began_at?: number;
  revision: number;
  in_flight: number;
  draining: boolean;
  users?: number;
  client_keys?: number;
  usage?: { lost: number; waiting_bytes: number; most_bytes: number; failing: boolean } | null;
  upstreams: Record<string, EdgeUpstream>;
}

export interface EdgeUpstream {
  policy: Schemas["Policy"];
  keys: number;
  ready: number;
  cooling: number;
  in_flight: number;
  nodes: Schemas["NodeReport"][];
  queue: { waiting: number; users: number };
}

/** The relay, and its edge; `null` where none runs. */
export const edgeStatus = queryOptions({
  queryKey: ["status", "edge"],
  queryFn: async ({ signal }) => {
    const { database, edge } = await ok(api.GET("/manage/v1/status", { signal }));
    return { database, edge: (edge ?? null) as EdgeReport | null };
  },
  refetchInterval: SOON,
});
