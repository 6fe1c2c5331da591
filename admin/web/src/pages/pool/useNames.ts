/** Names of users, for their ids, and of pool keys. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { supplyUsers } from "../../api/queries/supply";
import type { PoolKey } from "../../api/types";
import { useI18n } from "../../i18n";

/** The same function until a name or the language changes. */
export function useUserName(): (id: number) => string {
  const { t } = useI18n();
  const users = useQuery(supplyUsers).data?.items;
  const names = useMemo(() => new Map(users?.map((user) => [user.id, user.name])), [users]);
  return useCallback((id: number) => names.get(id) ?? t.supply.user(id), [names, t]);
}

/** What a key is called. */
export function useKeyName(): (key: PoolKey) => string {
  const { t } = useI18n();
  return (key) => key.label || t.poolPage.key(key.id);
}
