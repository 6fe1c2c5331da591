/** What is broken, since when, whose doing, and what to press? */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { type Finding, openFindings, pastFindings } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { FindingCard } from "./FindingCard";
import { LastHour } from "./LastHour";
import { LastMinutes } from "./LastMinutes";
import { Supply } from "./Supply";

const WORST: Finding["severity"][] = ["critical", "warning", "info"];

/** What nobody is at comes first, then the worse, then the older. */
export function ranked(findings: Finding[]): Finding[] {
  const rank = (finding: Finding) => (finding.acknowledged ? WORST.length : 0) + WORST.indexOf(finding.severity);
  return [...findings].sort((a, b) => rank(a) - rank(b) || a.began_at - b.began_at);
}

/** A tab is where all of the URL says so. */
const EXACT = { exact: true, includeSearch: true };

export function Now() {
  const { t } = useI18n();
  const { show } = useSearch({ from: "/signed/admin/now" });
  const open = useQuery(openFindings);
  const items = open.data?.items ?? [];
  const untaken = items.filter((finding) => !finding.acknowledged && finding.severity !== "info");
  const title = untaken.length > 0 ? t.nowPage.tab(untaken.length) : t.nowPage.title;
  return (
    <Page title={t.nowPage.title} tab={title} lead={open.data && <Lead of={items} untaken={untaken} looked={open.data.checked_at ?? null} />}>
      <nav className="tabs" aria-label={t.nowPage.shown}>
        <Link to="/now" search={{}} activeOptions={EXACT}>{t.nowPage.open}</Link>
        <Link to="/now" search={{ show: "over" }} activeOptions={EXACT}>{t.nowPage.over}</Link>
      </nav>
      {show === "over" ? <Past /> : <Loaded of={open}>{(data) => <List of={ranked(data.items)} none={t.nowPage.noneOpen} />}</Loaded>}
      <Supply />
      <LastMinutes />
      <LastHour />
    </Page>
  );
}

function Lead({ of: items, untaken, looked }: { of: Finding[]; untaken: Finding[]; looked: number | null }) {
  const { t, f } = useI18n();
  const now = useNow();
  const critical = untaken.filter((finding) => finding.severity === "critical").length;
  const sentence =
    untaken.length > 0 ? t.nowPage.lead(untaken.length, critical) : items.length > 0 ? t.nowPage.allTaken(items.length) : t.nowPage.quiet;
  if (looked === null) return <>{t.nowPage.neverLooked}</>;
  return (
    <>
      {sentence} <span className="muted">{t.nowPage.looked(f.ago(looked, now))}</span>
    </>
  );
}

function List({ of: findings, none }: { of: Finding[]; none: string }) {
  const { t } = useI18n();
  return (
    <Card>
      {findings.length === 0 ? (
        <Empty text={none} />
      ) : (
        <ul className="plain-list items" aria-label={t.nowPage.shown}>
          {findings.map((finding) => (
            <FindingCard key={finding.id} of={finding} />
          ))}
        </ul>
      )}
    </Card>
  );
}

function Past() {
  const { t } = useI18n();
  const past = useInfiniteQuery(pastFindings);
  return (
    <Loaded of={past}>
      {({ pages }) => (
        <>
          <List of={pages.flatMap((page) => page.items)} none={t.nowPage.noneOver} />
          {past.hasNextPage && (
            <div className="row">
              <Button busy={past.isFetchingNextPage} onClick={() => void past.fetchNextPage()}>{t.common.loadMore}</Button>
            </div>
          )}
        </>
      )}
    </Loaded>
  );
}
