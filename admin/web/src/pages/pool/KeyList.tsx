/** The pool's keys one below the other, with those that are ticked. */
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";
import type { PoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { ID, useRowLinks } from "../../shell/rowLinks";
import { Button } from "../../ui/Button";
import { VirtualList } from "../../ui/VirtualList";
import { PoolRow } from "./PoolRow";
import { useUserName } from "./useNames";
import { useRowKeys } from "./useRowKeys";

interface Props {
  keys: PoolKey[];
  selected: ReadonlySet<number>;
  onSelect: (id: number) => void;
  onSelectNone: () => void;
  onEnd: () => void;
  onNear: (first: PoolKey, last: PoolKey) => void;
}

export function KeyList({ keys, selected, onSelect, onSelectNone, onEnd, onNear }: Props) {
  const { t } = useI18n();
  const search = useSearch({ from: "/signed/admin/pool" });
  const navigate = useNavigate({ from: "/pool" });
  const router = useRouter();
  const userName = useUserName();
  const pattern = router.buildLocation({ to: "/pool", search: { ...search, open: ID } }).publicHref;
  const open = useCallback((id: string) => void navigate({ search: (before) => ({ ...before, open: id }), resetScroll: false }), [navigate]);
  const link = useRowLinks(pattern, open);
  const row = useCallback(
    (key: PoolKey) => <PoolRow of={key} selected={selected.has(key.id)} onSelect={onSelect} link={link} userName={userName} />,
    [selected, onSelect, link, userName],
  );
  useRowKeys(onSelect);
  return (
    <>
      <div className="row spread">
        <p className="meta keys-hint">{t.poolPage.keysHint}</p>
        {selected.size > 0 && (
          <span className="row" role="status">
            {t.poolPage.selected(selected.size)}
            <Button size="small" onClick={onSelectNone}>{t.poolPage.clearSelection}</Button>
          </span>
        )}
      </div>
      <VirtualList label={t.poolPage.title} rows={keys} id={idOf} height={64} onEnd={onEnd} onNear={onNear} row={row} />
    </>
  );
}

const idOf = (key: PoolKey) => key.id;
