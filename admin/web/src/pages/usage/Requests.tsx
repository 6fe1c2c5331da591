/** The requests themselves, the newest first. New ones wait until they are asked for, so that no row moves away. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useRouter } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type MyRequest, newer, requests } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { ID, type PlainLink, type RowLink, useLinks, useRowLinks } from "../../shell/rowLinks";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { VirtualList } from "../../ui/VirtualList";
import { useRowKeys } from "../pool/useRowKeys";
import { Outcome } from "../requests/Outcome";
import { cleared } from "./Filters";
import { filtersIn } from "./search";
import { type Naming, useNaming } from "./useNaming";
import { useUsage } from "./useUsage";

const nothing = () => undefined;
/** More than this is not counted. */
const MANY = 100;

export function Requests() {
  const { t } = useI18n();
  const { whose, time, listed } = useUsage();
  const list = useInfiniteQuery(requests(whose, time, listed));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return (
    <Card title={t.usagePage.list} actions={"range" in time && list.data && <Newer since={rows[0]?.ended_at ?? list.dataUpdatedAt} />}>
      <Loaded of={list}>
        {() =>
          rows.length === 0 ? (
            <None />
          ) : (
            <>
              {listed.code !== undefined && <p className="meta">{t.usagePage.reasonHint}</p>}
              <p className="meta">{t.usagePage.hint}</p>
              <List rows={rows} onEnd={more} />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function Newer({ since }: { since: number }) {
  const { t } = useI18n();
  const { whose, listed } = useUsage();
  const client = useQueryClient();
  const n = useQuery(newer(whose, listed, since)).data ?? 0;
  if (n === 0) return null;
  return (
    <Button size="small" onClick={() => void client.resetQueries({ queryKey: ["usage", "requests"] })}>
      {t.usagePage.newer(n, n >= MANY)}
    </Button>
  );
}

function None() {
  const { t } = useI18n();
  const { search, whose } = useUsage();
  const filters = filtersIn(search).length;
  if (filters > 0) {
    return (
      <Empty text={t.usagePage.filtered(filters)}>
        <Link to="/usage" search={cleared(search)} className="button">{t.common.clearFilters}</Link>
      </Empty>
    );
  }
  return (
    <Empty text={whose === "all" ? t.usagePage.none : t.usagePage.noneYet}>
      <Link to="/usage" search={{ ...search, range: "30d", from: undefined, to: undefined }} className="button">{t.usagePage.longer}</Link>
      {whose === "mine" && <Link to="/keys" search={{}} className="button">{t.usagePage.makeKey}</Link>}
    </Empty>
  );
}

type ARequest = MyRequest & { user?: number | null };

const idOf = (row: ARequest) => row.request_id;

function List({ rows, onEnd }: { rows: ARequest[]; onEnd: () => void }) {
  const { t } = useI18n();
  const { whose, search: here } = useUsage();
  const router = useRouter();
  const navigate = useNavigate();
  const naming = useNaming();
  const search = whose === "all" ? { whose } : {};
  const pattern = router.buildLocation({ to: "/requests/$id", params: { id: ID }, search }).publicHref;
  const open = useCallback((id: string) => void navigate({ to: "/requests/$id", params: { id }, search: whose === "all" ? { whose } : {} }), [navigate, whose]);
  const link = useRowLinks(pattern, open);
  const narrow = useCallback((code: string) => void navigate({ to: "/usage", search: { ...here, code }, resetScroll: false }), [navigate, here]);
  const reason = useLinks(router.buildLocation({ to: "/usage", search: { ...here, code: ID } }).publicHref, narrow);
  const row = useCallback((of: ARequest) => <Row of={of} link={link} reason={reason} naming={naming} />, [link, reason, naming]);
  useRowKeys(nothing);
  return <VirtualList label={t.usagePage.list} rows={rows} id={idOf} height={52} onEnd={onEnd} row={row} />;
}

/** Plain elements only: thousands of these pass by in a scroll. */
function Row({ of, link, reason, naming }: { of: ARequest; link: (id: string) => RowLink; reason: (code: string) => PlainLink; naming: Naming }) {
  const { t, f } = useI18n();
  const notes = [
    of.attempts > 1 ? t.traffic.attempts(of.attempts) : null,
    of.queued_us >= 100_000 ? t.traffic.waited(f.us(of.queued_us)) : null,
  ].filter((note) => note !== null);
  return (
    <div className="request-row">
      <a {...link(of.request_id)}>
        <time dateTime={new Date(of.ended_at).toISOString()}>{f.at(of.ended_at)}</time>
      </a>
      <span>
        <Outcome of={of} />
      </span>
      <span className="stack-s">
        <span>{of.model ?? naming.filter("endpoint", of.endpoint)}</span>
        <span className="meta">
          {[of.model ? naming.filter("endpoint", of.endpoint) : null, of.client_key ? naming.filter("key", String(of.client_key)) : null, of.user ? naming.filter("user", String(of.user)) : null]
            .filter((part) => part !== null)
            .join(" · ")}
        </span>
      </span>
      <span className="meta">
        {of.code && (
          <a {...reason(of.code)} title={t.usagePage.onlyReason(of.code)}>
            {of.code}
          </a>
        )}
        {f.list(of.code ? ["", ...notes] : notes)}
      </span>
      <span className="request-time">{f.us(of.total_us)}</span>
    </div>
  );
}
