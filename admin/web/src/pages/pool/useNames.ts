/** Names of users, for their ids. */
import { useQuery } from "@tanstack/react-query";
import { supplyUsers } from "../../api/queries/supply";
import { useI18n } from "../../i18n";

export function useUserName() {
  const { t } = useI18n();
  const users = useQuery(supplyUsers).data?.items;
  return (id: number) => users?.find((user) => user.id === id)?.name ?? t.supply.user(id);
}
