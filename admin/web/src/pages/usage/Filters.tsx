/** Whose, when and of what. All of it is in the URL; what narrows has a name and a cross. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { myKeys } from "../../api/queries/mine";
import { supplyUsers } from "../../api/queries/supply";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import { Button } from "../../ui/Button";
import { Choice, TextInput } from "../../ui/fields";
import { CLASSES, ENDPOINTS, FILTER_OF, FILTERS, filtersIn, rangeIn, rangeOf, RANGES, type Range, sinceStart, type UsageSearch } from "./search";
import { useMarks } from "./useMarks";
import { useNaming } from "./useNaming";
import { useUsage } from "./useUsage";
import "../../ui/chips.css";
import "./usage.css";

const CUSTOM = "custom";
const START = "start";
const NAMES = Object.keys(RANGES) as Range[];

export function Filters() {
  const { t } = useI18n();
  const { isAdmin, search, whose } = useUsage();
  const navigate = useNavigate({ from: "/usage" });
  const keys = useQuery(myKeys).data?.items ?? [];
  const users = useQuery({ ...supplyUsers, enabled: isAdmin }).data?.items ?? [];
  const set = (change: Partial<UsageSearch>) => void navigate({ search: { ...search, ...change }, replace: true });
  const any = { value: "", label: t.usagePage.any };
  // Where there is little room, what narrows is folded away; the time is not.
  const [unfolded, setUnfolded] = useState(false);
  return (
    <search className="stack">
      <div className="field-group usage-filters" data-unfolded={unfolded || undefined}>
        <When />
        <Button className="unfold" aria-expanded={unfolded} onClick={() => { setUnfolded(!unfolded); }}>
          {t.usagePage.filters}
        </Button>
        {isAdmin && (
          <Choice
            label={t.usagePage.whose}
            value={whose}
            data={[{ value: "mine", label: t.usagePage.mine }, { value: "all", label: t.usagePage.everybody }]}
            onChange={(event) => {
              const all = event.currentTarget.value === "all";
              set(all ? { whose: "all", key: undefined } : { whose: undefined, user: undefined, pool: undefined, node: undefined });
            }}
          />
        )}
        <Choice
          label={t.usagePage.group.class}
          value={search.class ?? ""}
          data={[any, ...CLASSES.map((each) => ({ value: each, label: t.traffic.class[each] }))]}
          onChange={(event) => { set({ class: CLASSES.find((each) => each === event.currentTarget.value) }); }}
        />
        <Choice
          label={t.usagePage.group.endpoint}
          value={search.endpoint ?? ""}
          data={[any, ...ENDPOINTS.map((each) => ({ value: each, label: t.traffic.endpoint[each] }))]}
          onChange={(event) => { set({ endpoint: ENDPOINTS.find((each) => each === event.currentTarget.value) }); }}
        />
        {whose === "mine" ? (
          <Choice
            label={t.usagePage.group.client_key}
            value={search.key ?? ""}
            data={[any, ...keys.map((key) => ({ value: String(key.id), label: key.name }))]}
            onChange={(event) => { set({ key: event.currentTarget.value || undefined }); }}
          />
        ) : (
          <Choice
            label={t.usagePage.group.user}
            value={search.user ?? ""}
            data={[any, ...users.map((user) => ({ value: String(user.id), label: user.name }))]}
            onChange={(event) => { set({ user: event.currentTarget.value || undefined }); }}
          />
        )}
      </div>
      <Chips />
    </search>
  );
}

/** A time as the field for it has it: of the viewer's own zone. */
function local(at: string | undefined): string {
  if (at === undefined) return "";
  const when = Number(at);
  return new Date(when - new Date(when).getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function When() {
  const { t } = useI18n();
  const { search, whose, time } = useUsage();
  const { lastStart } = useMarks(time, whose === "all");
  const navigate = useNavigate({ from: "/usage" });
  const range = rangeOf(search);
  const set = (change: Partial<UsageSearch>) => void navigate({ search: { ...search, ...change }, replace: true });
  const moment = (name: "from" | "to") => (
    <TextInput
      className="usage-time"
      type="datetime-local"
      label={t.usagePage[name]}
      value={local(search[name])}
      onChange={(event) => {
        const at = new Date(event.currentTarget.value).getTime();
        if (!Number.isNaN(at)) set({ [name]: String(at) });
      }}
    />
  );
  return (
    <>
      <Choice
        className="usage-time"
        label={t.usagePage.range}
        value={range ?? CUSTOM}
        data={[
          ...NAMES.map((each) => ({ value: each, label: t.usagePage.ranges[each] })),
          ...(lastStart === null ? [] : [{ value: START, label: t.marks.sinceStart }]),
          { value: CUSTOM, label: t.usagePage.custom },
        ]}
        onChange={(event) => {
          const chosen = NAMES.find((each) => each === event.currentTarget.value);
          if (chosen) set({ range: rangeIn(chosen), from: undefined, to: undefined });
          else if (event.currentTarget.value === START && lastStart !== null) set(sinceStart(lastStart, serverNow()));
          else set(fixed(search));
        }}
      />
      {range === null && moment("from")}
      {range === null && moment("to")}
    </>
  );
}

/** The same time, but one that does not move on. */
export function fixed(search: UsageSearch): Pick<UsageSearch, "range" | "from" | "to"> {
  const range = rangeOf(search);
  if (range === null) return { range: undefined, from: search.from, to: search.to };
  const now = Math.ceil(serverNow() / 60_000) * 60_000;
  return { range: undefined, from: String(now - RANGES[range].ms), to: String(now) };
}

const GROUP_OF = Object.fromEntries(Object.entries(FILTER_OF).map(([group, name]) => [name, group])) as Record<Exclude<(typeof FILTERS)[number], "code">, keyof typeof FILTER_OF>;

function Chips() {
  const { t } = useI18n();
  const { search } = useUsage();
  const naming = useNaming();
  const names = filtersIn(search);
  if (names.length === 0) return null;
  return (
    <nav className="chips" aria-label={t.usagePage.filters}>
      {names.map((name) => {
        const what = name === "code" ? t.usagePage.reason : t.usagePage.group[GROUP_OF[name]];
        const text = t.usagePage.only(what, naming.filter(name, String(search[name])));
        return (
          <Link key={name} to="/usage" search={{ ...search, [name]: undefined }} aria-label={t.usagePage.remove(text)} replace>
            {text}
            <span aria-hidden="true">×</span>
          </Link>
        );
      })}
      <Link to="/usage" search={cleared(search)} data-kind="quiet" activeProps={{}} activeOptions={{ exact: true, explicitUndefined: true }} replace>
        {t.common.clearFilters}
      </Link>
    </nav>
  );
}

/** All that narrows taken away; whose, when and how it is shown stay. */
export function cleared(search: UsageSearch): UsageSearch {
  return { ...search, ...Object.fromEntries(FILTERS.map((name) => [name, undefined])) };
}
