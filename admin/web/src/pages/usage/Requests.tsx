/** The requests themselves, the newest first. New ones wait until they are asked for, so that no row moves away. */
import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { type MyRequest, newer, requests } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { VirtualList } from "../../ui/VirtualList";
import { useRowKeys } from "../pool/useRowKeys";
import { Outcome } from "../requests/Outcome";
import { cleared } from "./Filters";
import { filtersIn } from "./search";
import { useNaming } from "./useNaming";
import { useUsage } from "./useUsage";

const nothing = () => undefined;
/** More than this is not counted. */
const MANY = 100;

export function Requests() {
  const { t } = useI18n();
  const { whose, time, filter } = useUsage();
  const list = useInfiniteQuery(requests(whose, time, filter));
  const rows = useMemo(() => list.data?.pages.flatMap((page) => page.items) ?? [], [list.data]);
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = list;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useRowKeys(nothing);
  return (
    <Card title={t.usagePage.list} actions={"range" in time && list.data && <Newer since={rows[0]?.ended_at ?? list.dataUpdatedAt} />}>
      <Loaded of={list}>
        {() =>
          rows.length === 0 ? (
            <None />
          ) : (
            <>
              <p className="meta">{t.usagePage.hint}</p>
              <VirtualList label={t.usagePage.list} rows={rows} id={(row) => row.request_id} height={52} onEnd={more} row={(row) => <Row of={row} />} />
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function Newer({ since }: { since: number }) {
  const { t } = useI18n();
  const { whose, filter } = useUsage();
  const client = useQueryClient();
  const n = useQuery(newer(whose, filter, since)).data ?? 0;
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

function Row({ of }: { of: MyRequest & { user?: number | null } }) {
  const { t, f } = useI18n();
  const { whose } = useUsage();
  const naming = useNaming();
  const notes = [
    of.code ?? null,
    of.attempts > 1 ? t.traffic.attempts(of.attempts) : null,
    of.queued_us >= 100_000 ? t.traffic.waited(f.us(of.queued_us)) : null,
  ].filter((note) => note !== null);
  return (
    <div className="request-row">
      <Link to="/requests/$id" params={{ id: of.request_id }} search={whose === "all" ? { whose } : {}} data-row={of.request_id}>
        <time dateTime={new Date(of.ended_at).toISOString()}>{f.at(of.ended_at)}</time>
      </Link>
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
      <span className="meta">{f.list(notes)}</span>
      <span className="request-time">{f.us(of.total_us)}</span>
    </div>
  );
}
