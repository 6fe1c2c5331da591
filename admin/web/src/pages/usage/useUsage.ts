/** What the URL asks for, and whose it may be. */
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Whose } from "../../api/queries/usage";
import { useWho } from "../../shell/useWho";
import { filterOf, requestsOf, stepOf, timeOf } from "./search";

export function useUsage() {
  const isAdmin = useWho().role === "admin";
  const search = useSearch({ from: "/signed/usage" });
  const whose: Whose = isAdmin && search.whose === "all" ? "all" : "mine";
  return useMemo(() => ({ isAdmin, search, whose, time: timeOf(search), filter: filterOf(search), listed: requestsOf(search), step: stepOf(search) }), [isAdmin, search, whose]);
}
