/** By what usage is parted. A row leads to what is only of it. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { type Groups, groupsOf, usageBy, type UsageGroup, type UsageSums } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Choice } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { Table } from "../../ui/Table";
import { FILTER_OF, type UsageSearch } from "./search";
import { useNaming } from "./useNaming";
import { useUsage } from "./useUsage";

/** Those whose groups are told apart by a number. */
const NUMBERED: readonly Groups[] = ["client_key", "user", "pool_key"];

/** The URL with this group alone; `null` where it has no name to ask by. */
function narrowed(search: UsageSearch, by: Groups, of: UsageGroup): UsageSearch | null {
  const value = NUMBERED.includes(by) ? of.id : of.name;
  return value === null || value === undefined ? null : { ...search, [FILTER_OF[by]]: String(value) };
}

interface Row {
  key: string;
  name: string;
  to: UsageSearch | null;
  sums: UsageSums;
  /** Microseconds that 95 of 100 did not exceed, where that is kept. */
  ninetyFive: number | null;
}

export function Breakdown() {
  const { t } = useI18n();
  const navigate = useNavigate({ from: "/usage" });
  const { search, whose, time, filter } = useUsage();
  const groups = groupsOf(whose);
  const by = groups.find((each) => each === search.by) ?? "model";
  const parts = useQuery(usageBy(whose, time, filter, by));
  return (
    <Card
      title={t.usagePage.breakdown}
      actions={
        <Choice
          aria-label={t.usagePage.by}
          value={by}
          data={groups.map((each) => ({ value: each, label: t.usagePage.groups[each] }))}
          onChange={(event) => {
            const chosen = groups.find((each) => each === event.currentTarget.value);
            void navigate({ search: { ...search, by: chosen === "model" ? undefined : chosen }, replace: true });
          }}
        />
      }
    >
      <Loaded of={parts}>{({ items, rest }) => <Groups by={by} items={items} rest={rest ?? null} />}</Loaded>
    </Card>
  );
}

function Groups({ by, items, rest }: { by: Groups; items: UsageGroup[]; rest: UsageSums | null }) {
  const { t, f } = useI18n();
  const { search } = useUsage();
  const naming = useNaming();
  if (items.length === 0) return <p className="muted">{t.usagePage.none}</p>;
  const rows: Row[] = items.map((of) => ({ key: String(of.id ?? of.name), name: naming.group(by, of), to: narrowed(search, by, of), sums: of.sums, ninetyFive: of.total?.p95_us ?? null }));
  if (rest !== null && rest.requests > 0) rows.push({ key: "rest", name: t.usagePage.rest, to: null, sums: rest, ninetyFive: null });
  const most = Math.max(1, ...rows.map((row) => row.sums.requests));
  const some = (of: (sums: UsageSums) => number) => rows.some((row) => of(row.sums) > 0);
  const tokens = (sums: UsageSums) => sums.prompt_tokens.reported + sums.prompt_tokens.estimated + sums.completion_tokens.reported + sums.completion_tokens.estimated;
  const images = (sums: UsageSums) => sums.images.reported + sums.images.estimated;
  const anlas = (sums: UsageSums) => sums.anlas.reported + sums.anlas.estimated;
  const column = (key: string, label: string, of: (sums: UsageSums) => number) =>
    some(of) ? [{ key, label, number: true, cell: (row: Row) => (of(row.sums) === 0 ? f.none : f.short(of(row.sums))) }] : [];
  const ninetyFive = rows.some((row) => row.ninetyFive !== null)
    ? [{ key: "p95", label: t.usagePage.ninetyFiveColumn, number: true, cell: (row: Row) => (row.ninetyFive === null ? f.none : f.us(row.ninetyFive)) }]
    : [];
  return (
    <Table
      label={t.usagePage.groups[by]}
      rows={rows}
      id={(row) => row.key}
      columns={[
        { key: "name", label: t.usagePage.group[by], cell: (row) => (row.to === null ? row.name : <Link to="/usage" search={row.to}>{row.name}</Link>) },
        {
          key: "requests",
          label: t.usagePage.requestsColumn,
          cell: (row) => (
            <span className="share">
              <span className="share-bar" aria-hidden="true">
                <i style={{ width: `${(100 * row.sums.requests) / most}%` }} />
              </span>
              {f.short(row.sums.requests)}
            </span>
          ),
        },
        ...column("tokens", t.usagePage.tokensColumn, tokens),
        ...column("images", t.usagePage.imagesColumn, images),
        ...column("anlas", t.usagePage.anlasColumn, anlas),
        {
          key: "mean",
          label: t.usagePage.meanColumn,
          number: true,
          cell: (row) => (row.sums.requests === 0 ? f.none : f.us(row.sums.total_us / row.sums.requests)),
        },
        ...ninetyFive,
      ]}
    />
  );
}
