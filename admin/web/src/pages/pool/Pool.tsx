/** All keys of the pool: is the supply enough, and which keys need somebody? */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { type PoolFilter, supplyKeys } from "../../api/queries/supply";
import type { PoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { useLongList } from "../../shell/useLongList";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { AddKeys } from "./AddKeys";
import { Bulk } from "./Bulk";
import { countsOf, Filters } from "./Filters";
import { KeyDrawer } from "./KeyDrawer";
import { KeyList } from "./KeyList";

const NONE: PoolKey[] = [];

/** Ready, and nothing but its reserve holds it back. */
export function canServe(key: PoolKey): boolean {
  return key.standing.state === "healthy" && key.holds.every((hold) => hold.kind === "reserve");
}

/** Nothing brings it back but its owner. */
function needsOwner(key: PoolKey): boolean {
  return key.standing.state === "invalid" && key.holds.length === 0;
}

export function Pool() {
  const { t } = useI18n();
  const search = useSearch({ from: "/signed/admin/pool" });
  const navigate = useNavigate({ from: "/pool" });
  const filter = useMemo<PoolFilter>(
    () => ({ state: search.state, upstream: search.upstream, contributor: search.contributor ? Number(search.contributor) : undefined, q: search.q }),
    [search.state, search.upstream, search.contributor, search.q],
  );
  const { list, rows, more, near } = useLongList(supplyKeys(filter));
  const keys = rows ?? NONE;
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [bulk, setBulk] = useState(false);
  const select = useCallback((id: number) => {
    setSelected((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  }, []);
  const filters = Object.values(filter).filter((value) => value !== undefined).length;
  const all = useAllKeys();
  const counts = useMemo(() => (all.keys !== undefined && !all.more ? countsOf(all.keys) : null), [all.keys, all.more]);
  const close = () => void navigate({ search: { ...search, open: undefined, add: undefined }, resetScroll: false });
  return (
    <Page
      title={t.poolPage.title}
      lead={list.data && all.keys && <Lead keys={all.keys} more={all.more} />}
      actions={
        <>
          <Link to="/pool/queue" className="button">{t.queuePage.open}</Link>
          <Button onClick={() => { setBulk(true); }} whyNot={keys.length === 0 ? t.poolPage.none : null}>{t.poolPage.bulk}</Button>
          <Button kind="primary" onClick={() => void navigate({ search: { ...search, add: "yes" } })}>{t.poolPage.add}</Button>
        </>
      }
    >
      <Filters filter={filter} counts={counts} />
      <Loaded of={list}>
        {() => (
          <Card>
            {keys.length === 0 ? (
              <Empty text={filters > 0 ? t.poolPage.filters(filters) : t.poolPage.none}>
                {filters > 0 ? (
                  <Link to="/pool" search={{}} className="button">{t.common.clearFilters}</Link>
                ) : (
                  <Link to="/pool" search={{ add: "yes" }} className="button">{t.poolPage.add}</Link>
                )}
              </Empty>
            ) : (
              <KeyList keys={keys} selected={selected} onSelect={select} onSelectNone={() => { setSelected(new Set()); }} onEnd={more} onNear={near} />
            )}
          </Card>
        )}
      </Loaded>
      {bulk && <Bulk filter={filter} selected={[...selected]} onClose={() => { setBulk(false); }} />}
      {search.open && <KeyDrawer id={Number(search.open)} onClose={close} />}
      {search.add && <AddKeys onClose={close} />}
    </Page>
  );
}

/** Of all keys, not of those that the filters leave. */
function Lead({ keys, more }: { keys: PoolKey[]; more: boolean }) {
  const { t } = useI18n();
  const { there, ok, need } = useMemo(() => {
    const there = keys.filter((key) => key.standing.state !== "withdrawn");
    return { there: there.length, ok: there.filter(canServe).length, need: there.filter(needsOwner).length };
  }, [keys]);
  return [t.poolPage.leadServing(ok, there, more), need > 0 ? t.poolPage.needOwner(need) : ""].join(" ");
}

function useAllKeys(): { keys: PoolKey[] | undefined; more: boolean } {
  const { list, rows } = useLongList(supplyKeys({}));
  return { keys: rows, more: list.hasNextPage };
}
