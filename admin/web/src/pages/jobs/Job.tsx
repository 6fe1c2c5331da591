/** A job: how far it is, what became of each item, and what can still be done. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useRouter, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { api, ok, once } from "../../api/client";
import type { components } from "../../api/generated/schema";
import { ITEM_STATES, type ItemState, supplyJob, supplyJobItems } from "../../api/queries/supply";
import type { Job as AJob } from "../../api/types";
import { useAct } from "../../forms/useSend";
import { type Messages, useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { ID, type RowLink, useRowLinks } from "../../shell/rowLinks";
import { Badge, type Tone } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { useToast } from "../../ui/Toasts";
import { VirtualList } from "../../ui/VirtualList";
import { useUserName } from "../pool/useNames";
import { JobBadge, JobBar, jobName, JobTook } from "./JobParts";
import { useWhyWord } from "./why";

type Item = components["schemas"]["JobItem"];

const LOOK: Record<ItemState, [Tone, string]> = {
  open: ["wait", "…"],
  done: ["ok", "✓"],
  skipped: ["off", "–"],
  failed: ["bad", "✕"],
};

export function Job() {
  const { t } = useI18n();
  const id = Number(useParams({ from: "/signed/admin/jobs/$id" }).id);
  const job = useQuery(supplyJob(id));
  return (
    <Page
      title={job.data ? jobName(job.data, t) : t.jobsPage.job(id)}
      lead={<Link to="/jobs">← {t.jobsPage.title}</Link>}
      actions={job.data && <Acts of={job.data} />}
    >
      <Loaded of={job}>
        {(data) => (
          <>
            <Card>
              <Summary of={data} />
            </Card>
            <Items of={data} />
          </>
        )}
      </Loaded>
    </Page>
  );
}

/** One part of a filter in words; of a newer server, as it is. */
function narrowedBy(field: string, value: unknown, t: Messages, userName: (id: number) => string): string {
  const said = String(value);
  const words: Partial<Record<string, string>> = { ...t.keys.state, ...t.states.word };
  switch (field) {
    case "upstream":
      return t.jobsPage.filter(t.supply.upstream, said);
    case "state":
      return t.jobsPage.filter(t.common.state, words[said] ?? said);
    case "contributor":
      return t.jobsPage.filter(t.poolPage.contributor, userName(Number(value)));
    case "user":
      return t.jobsPage.filter(t.requestPage.user, userName(Number(value)));
    case "q":
      return t.jobsPage.filter(t.common.name, said);
    case "role":
      return t.jobsPage.filter(t.account.role, said === "admin" ? t.account.roles.admin : t.account.roles.user);
    default:
      return t.jobsPage.filter(field, said);
  }
}

function Summary({ of: job }: { of: AJob }) {
  const { t, f } = useI18n();
  const userName = useUserName();
  const who = job.user === null || job.user === undefined ? t.jobsPage.operator : userName(job.user);
  const filter = job.filter === null || job.filter === undefined ? null : Object.entries(job.filter as Record<string, unknown>).filter(([, value]) => value !== null);
  const meant = filter === null ? t.jobsPage.meantNamed : filter.length === 0 ? t.jobsPage.meantAll : f.list(filter.map(([name, value]) => narrowedBy(name, value, t, userName)));
  return (
    <div className="stack">
      <p className="row" role="status">
        <JobBadge of={job} />
        <span className="meta">
          {t.jobsPage.began(f.ago(job.created_at), who)} · <JobTook of={job} />
        </span>
      </p>
      <JobBar of={job} />
      {job.kind !== "import_pool_keys" && <p className="meta">{t.jobsPage.meant(meant)}</p>}
      {job.reason && <p>{t.jobsPage.reason(job.reason)}</p>}
      {job.retry_of !== null && job.retry_of !== undefined && (
        <p>
          <Link to="/jobs/$id" params={{ id: String(job.retry_of) }} search={{}}>{t.jobsPage.retryOf(job.retry_of)}</Link>
        </p>
      )}
    </div>
  );
}

function Acts({ of: job }: { of: AJob }) {
  const { t } = useI18n();
  const say = useToast();
  const navigate = useNavigate();
  const params = { path: { id: job.id } };
  const cancel = useAct({
    send: () => ok(api.POST("/manage/v1/jobs/{id}/cancel", { params })),
    touches: [["job"]],
    onDone: () => { say(t.jobsPage.cancelled); },
  });
  const retry = useAct({
    send: () => ok(api.POST("/manage/v1/jobs/{id}/retry", { params: { ...params, header: once() } })),
    touches: [["job"]],
    onDone: ({ id }) => {
      say(t.jobsPage.retrying);
      void navigate({ to: "/jobs/$id", params: { id: String(id) }, search: {} });
    },
  });
  if (job.kind === "import_pool_keys") return null;
  if (job.state === "running") return <Button busy={cancel.busy} onClick={() => { cancel.act(); }}>{t.jobsPage.cancel}</Button>;
  const again = job.counts.failed + job.counts.open;
  return again > 0 ? <Button busy={retry.busy} onClick={() => { retry.act(); }}>{t.jobsPage.retry(again)}</Button> : null;
}

function Items({ of: job }: { of: AJob }) {
  const { t, f } = useI18n();
  const { state } = useSearch({ from: "/signed/admin/jobs/$id" });
  const items = useInfiniteQuery({ ...supplyJobItems(job.id, state), refetchInterval: job.state === "running" ? 2000 : false });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = items;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const rows = useMemo(() => items.data?.pages.flatMap((page) => page.items) ?? [], [items.data]);
  const { kind } = job;
  const router = useRouter();
  const navigate = useNavigate();
  const pattern = router.buildLocation({ to: "/pool", search: { open: ID } }).publicHref;
  const open = useCallback((key: string) => void navigate({ to: "/pool", search: { open: key } }), [navigate]);
  const link = useRowLinks(pattern, open);
  const row = useCallback((item: Item) => <ItemRow of={item} kind={kind} link={link} />, [kind, link]);
  const params = { id: String(job.id) };
  return (
    <Card title={t.jobsPage.items}>
      <nav className="chips" aria-label={t.common.state}>
        <Link to="/jobs/$id" params={params} search={{}} aria-current={state === undefined || undefined} activeProps={{}}>
          {t.jobsPage.everyItem} {f.num(job.total)}
        </Link>
        {ITEM_STATES.map((each) => (
          <Link key={each} to="/jobs/$id" params={params} search={{ state: each }} aria-current={state === each || undefined} activeProps={{}}>
            {t.jobsPage.item[each]} {f.num(job.counts[each])}
          </Link>
        ))}
      </nav>
      <Loaded of={items}>
        {() =>
          rows.length === 0 ? (
            <p className="muted">{t.jobsPage.noItems}</p>
          ) : (
            <VirtualList label={t.jobsPage.items} rows={rows} id={idOf} height={44} onEnd={more} row={row} />
          )
        }
      </Loaded>
    </Card>
  );
}

const idOf = (item: Item) => item.item;

function ItemRow({ of: item, kind, link }: { of: Item; kind: AJob["kind"]; link: (id: number) => RowLink }) {
  const { t } = useI18n();
  const whyWord = useWhyWord();
  const [tone, glyph] = LOOK[item.state];
  const name = item.name || (kind === "import_pool_keys" ? t.jobsPage.lineOf(item.item) : t.home.keyWithoutName(item.item));
  return (
    <div className="row">
      <Badge tone={tone} glyph={glyph}>{t.jobsPage.item[item.state]}</Badge>
      {kind === "bulk_pool_keys" ? <a {...link(item.item)}>{name}</a> : <span>{name}</span>}
      {kind === "bulk_pool_keys" && item.name && <span className="meta">#{item.item}</span>}
      {item.why && <span className="meta">{whyWord(item.why)}</span>}
    </div>
  );
}
