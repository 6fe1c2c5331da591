/** What the list is of. All of it is in the URL. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { type PoolFilter, supplyUpstreams, supplyUsers } from "../../api/queries/supply";
import { useI18n } from "../../i18n";
import { CONDITIONS } from "../../routes";
import { Choice, TextInput } from "../../ui/fields";
import "../../ui/chips.css";

/** Milliseconds after the last letter. */
const TYPED = 250;

/** A chip is lit for its own filter alone, the one for all too. */
const EXACTLY = { exact: true, explicitUndefined: true };

export function Filters({ filter }: { filter: PoolFilter }) {
  const { t } = useI18n();
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
        </Link>
        {CONDITIONS.map((state) => (
          <Link key={state} to="/pool" search={{ ...search, state }} aria-current={filter.state === state || undefined} activeProps={{}} activeOptions={EXACTLY}>
            {t.states.word[state]}
          </Link>
        ))}
      </nav>
      <div className="field-group">
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
