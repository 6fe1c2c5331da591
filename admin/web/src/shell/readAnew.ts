/** Makes new what events have made old: what is on screen now, the rest when somebody looks at it. */
import type { QueryClient } from "@tanstack/react-query";
import { fateOf, type Heard } from "../api/heard";
import { readSome } from "../api/pages";

export function readAnew(client: QueryClient, heard: Heard): void {
  for (const query of client.getQueryCache().getAll()) {
    const some = query.meta?.some;
    const fate = fateOf(query.queryKey, some !== undefined, heard);
    if (fate === "kept") continue;
    if (fate !== "anew" && some !== undefined && query.isActive() && query.state.data !== undefined) void readSome(client, query, some, fate);
    else void client.invalidateQueries({ queryKey: query.queryKey, exact: true });
  }
}
