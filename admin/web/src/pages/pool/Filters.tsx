/** What the list is of. All of it is in the URL. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { type PoolFilter, supplyUpstreams, supplyUsers } from "../../api/queries/supply";
import type { Condition, PoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { CONDITIONS } from "../../routes";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/fields";
import "../../ui/chips.css";

/** Milliseconds after the last letter. */
const TYPED = 250;

/** A chip is lit for its own filter alone, the one for all too. */
const EXACTLY = { exact: true, explicitUndefined: true };

/** How many keys there are of each state; `null` of lists that are too long to have been read to their end. */
export type Counts = Partial<Record<Condition, number>> & { all: number };

export function countsOf(keys: readonly PoolKey[]): Counts {
  const counts: Counts = { all: keys.length };
  for (const { standing } of keys) counts[standing.state] = (counts[standing.state] ?? 0) + 1;
  return counts;
}

export function Filters({ filter, counts }: { filter: PoolFilter; counts: Counts | null }) {
  const { t, f } = useI18n();
  // Where there is little room, what narrows is folded away; the states are not.
  const [unfolded, setUnfolded] = useState(false);
  const count = (state: Condition | "all") => counts !== null && <span className="count">{f.num(counts[state] ?? 0)}</span>;
  const search = useSearch({ from: "/signed/admin/pool" });
  const navigate = useNavigate({ from: "/pool" });
  const upstreams = useQuery(supplyUpstreams).data?.items.filter((each) => each.keyed) ?? [];
  const users = useQuery(supplyUsers).data?.items ?? [];
  const set = (change: Partial<typeof search>) => void navigate({ search: { ...search, ...change }, replace: true });
  return (
    <search className="stack">
      <nav className="chips" aria-label={t.poolPage.states}>
        <Link to="/pool" search={{ ...search, state: undefined }} aria-current={filter.state === undefined || undefined} activeProps={{}} activeOptions={EXACTLY}>
          {t.poolPage.everyState}
          {count("all")}
        </Link>
        {CONDITIONS.map((state) => (
          <Link key={state} to="/pool" search={{ ...search, state }} aria-current={filter.state === state || undefined} activeProps={{}} activeOptions={EXACTLY}>
            {t.states.word[state]}
            {count(state)}
          </Link>
        ))}
      </nav>
      <Button className="pool-unfold" aria-expanded={unfolded} onClick={() => { setUnfolded(!unfolded); }}>
        {t.usagePage.filters}
      </Button>
      <div className="field-group pool-fields" data-unfolded={unfolded || undefined}>
        <Choice
          label={t.supply.upstream}
          value={filter.upstream ?? ""}
          data={[{ value: "", label: t.supply.anyUpstream }, ...upstreams.map((each) => each.name)]}
          onChange={(event) => { set({ upstream: event.currentTarget.value || undefined }); }}
        />
        <Choice
          label={t.poolPage.contributor}
          value={search.contributor ?? ""}
          data={[{ value: "", label: t.poolPage.anybody }, ...users.map((user) => ({ value: String(user.id), label: user.name }))]}
          onChange={(event) => { set({ contributor: event.currentTarget.value || undefined }); }}
        />
        <NameFilter value={filter.q ?? ""} onChange={(q) => { set({ q: q || undefined }); }} />
      </div>
    </search>
  );
}

function NameFilter({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState(value);
  const [shown, setShown] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => { clearTimeout(timer.current); }, []);
  // Back, or a cleared filter: the URL is right.
  if (shown !== value) {
    setShown(value);
    setTyped(value);
  }
  return (
    <TextInput
      type="search"
      label={t.poolPage.search}
      value={typed}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        clearTimeout(timer.current);
        timer.current = setTimeout(() => { onChange(text.trim()); }, TYPED);
      }}
    />
  );
}
