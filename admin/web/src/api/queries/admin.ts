/** What only admins see. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import { pagesBy, shared } from "../pages";

const ALL = { query: { limit: 1000 } };
const PAGE = 200;

interface Paged {
  next?: number | null;
}
const paging = {
  initialPageParam: 0,
  getNextPageParam: (page: Paged) => page.next ?? undefined,
};

export interface UserFilter {
  q?: string;
  role?: "user" | "admin";
}

export const users = (filter: UserFilter) =>
  infiniteQueryOptions({
    queryKey: ["user", "all", filter],
    queryFn: pagesBy((after, signal) => ok(api.GET("/manage/v1/users", { params: { query: { ...filter, after, limit: PAGE } }, signal }))),
    ...paging,
    structuralSharing: shared,
    meta: { some: async (ids) => (await ok(api.GET("/manage/v1/users", { params: { query: { ...filter, ids: ids.join() } } }))).items },
  });

export const user = (id: number) =>
  queryOptions({
    queryKey: ["user", "one", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/users/{id}", { params: { path: { id } }, signal })),
  });

export const userLimit = (id: number) =>
  queryOptions({
    queryKey: ["limits", "user", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/users/{id}/limit", { params: { path: { id } }, signal })),
  });

export const invitations = queryOptions({
  queryKey: ["invitation", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/invitations", { params: ALL, signal })),
});

export const limits = queryOptions({
  queryKey: ["limits", "policy"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/limits", { signal })),
});

export const settings = queryOptions({
  queryKey: ["settings", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/settings", { signal })),
});

export const status = queryOptions({
  queryKey: ["status"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/status", { signal })),
});

export const audit = (q: string | undefined) =>
  infiniteQueryOptions({
    queryKey: ["audit", q ?? ""],
    queryFn: ({ pageParam, signal }) =>
      ok(api.GET("/manage/v1/audit", { params: { query: { q, after: pageParam || undefined, limit: 100 } }, signal })),
    ...paging,
  });
