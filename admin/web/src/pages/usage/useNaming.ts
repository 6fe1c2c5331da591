/** What things are called in words: a group of the breakdown, a filter's value. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { myKeys } from "../../api/queries/mine";
import { supplyUsers } from "../../api/queries/supply";
import type { Groups, UsageGroup } from "../../api/queries/usage";
import { type Messages, useI18n } from "../../i18n";
import { useWho } from "../../shell/useWho";
import { CLASSES, ENDPOINTS, type FilterName } from "./search";

export type Naming = ReturnType<typeof naming>;

/** The same until a name or the language changes. */
export function useNaming(): Naming {
  const { t } = useI18n();
  const isAdmin = useWho().role === "admin";
  const keys = useQuery(myKeys).data?.items;
  const users = useQuery({ ...supplyUsers, enabled: isAdmin }).data?.items;
  return useMemo(() => naming(t, keys, users), [t, keys, users]);
}

interface Named {
  id: number;
  name: string;
}

function naming(t: Messages, keys: readonly Named[] | undefined, users: readonly Named[] | undefined) {
  const keyNames = new Map(keys?.map((key) => [key.id, key.name]));
  const userNames = new Map(users?.map((user) => [user.id, user.name]));

  /** Of a value as it stands in the URL. */
  function filter(name: FilterName, value: string): string {
    switch (name) {
      case "class": {
        const known = CLASSES.find((each) => each === value);
        return known ? t.traffic.class[known] : value;
      }
      case "endpoint": {
        const known = ENDPOINTS.find((each) => each === value);
        return known ? t.traffic.endpoint[known] : value;
      }
      case "key":
        return keyNames.get(Number(value)) ?? t.traffic.keyOf(Number(value));
      case "user":
        return userNames.get(Number(value)) ?? t.supply.user(Number(value));
      case "pool":
        return t.traffic.keyOf(Number(value));
      case "model":
      case "up":
      case "node":
      case "code":
        return value;
    }
  }

  function group(by: Groups, of: UsageGroup): string {
    const name = of.name ?? null;
    switch (by) {
      case "class":
      case "endpoint":
        return name === null ? t.traffic.unnamed : filter(by, name);
      case "model":
        return name ?? t.traffic.noModel;
      case "client_key":
      case "pool_key":
        return name || (of.id === null || of.id === undefined ? t.traffic.unnamed : t.traffic.keyOf(of.id));
      case "user":
        return name ?? (of.id === null || of.id === undefined ? t.traffic.unnamed : t.supply.user(of.id));
      case "upstream":
      case "node":
        return name ?? t.traffic.unnamed;
    }
  }

  return { filter, group };
}
