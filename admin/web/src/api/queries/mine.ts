/** What is one's own. A key begins with the kind of thing, as events name it. */
import { queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import { hasCode } from "../errors";
import { forgetSession, keepCsrf, mayBeSignedIn } from "../session";
import type { WhoAmI } from "../types";

const ALL = { query: { limit: 1000 } };

/** `null`: nobody is signed in. */
export const session = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<WhoAmI | null> => {
    if (!mayBeSignedIn()) return null;
    try {
      const who = await ok(api.GET("/manage/v1/session", { signal }));
      keepCsrf(who.csrf_token);
      return who;
    } catch (error) {
      if (!hasCode(error, "unauthenticated", "session_ended", "expired_token")) throw error;
      forgetSession();
      return null;
    }
  },
  staleTime: Number.POSITIVE_INFINITY,
  retry: false,
});

export const about = queryOptions({
  queryKey: ["settings", "about"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/about", { signal })),
  staleTime: 60_000,
});

export const me = queryOptions({
  queryKey: ["user", "me"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me", { signal })),
});

export const myLimit = queryOptions({
  queryKey: ["limits", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/limit", { signal })),
  refetchInterval: 5000,
});

export const myKeys = queryOptions({
  queryKey: ["client_key", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/keys", { params: ALL, signal })),
});

export const myKey = (id: number) =>
  queryOptions({
    queryKey: ["client_key", "mine", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/keys/{id}", { params: { path: { id } }, signal })),
  });

export const myUpstreams = queryOptions({
  queryKey: ["upstream", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/upstreams", { signal })),
  staleTime: 300_000,
});

export const notice = (language: "en" | "zh" | "vi") =>
  queryOptions({
    queryKey: ["settings", "contribution-notice", language],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/contribution-notice", { params: { query: { language } }, signal })),
    staleTime: 300_000,
  });

export const myPoolKeys = queryOptions({
  queryKey: ["pool_key", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/pool-keys", { params: ALL, signal })),
  refetchInterval: 15_000,
});

export const myPoolKey = (id: number) =>
  queryOptions({
    queryKey: ["pool_key", "mine", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/pool-keys/{id}", { params: { path: { id } }, signal })),
    refetchInterval: 5000,
  });

/** Read again until each line is decided. */
export const myJob = (id: number) =>
  queryOptions({
    queryKey: ["job", "mine", id],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/jobs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => (state.data?.state === "running" ? 1000 : false),
  });

export const mySessions = queryOptions({
  queryKey: ["session", "all"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/sessions", { signal })),
});

export const myTokens = queryOptions({
  queryKey: ["token", "mine"],
  queryFn: ({ signal }) => ok(api.GET("/manage/v1/me/tokens", { params: ALL, signal })),
});
