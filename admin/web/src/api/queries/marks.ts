/** What happened while requests fared as a plot shows: for admins. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, ok } from "../client";
import type { components } from "../generated/schema";
import type { Time } from "./usage";

type Schemas = components["schemas"];
export type Marks = Schemas["Marks"];
export type Mark = Schemas["Mark"];
export type PolicyAct = Schemas["PolicyAct"];

/** Milliseconds. */
const SOON = 30_000;

/** Findings are told as they open, so these are read anew then, too. */
export const marks = (time: Time) =>
  queryOptions({
    queryKey: ["finding", "marks", time],
    queryFn: ({ signal }) => ok(api.GET("/manage/v1/marks", { params: { query: time }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: "range" in time ? SOON : false,
  });
