/** What is or was done to many at once. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { supplyJobs } from "../../api/queries/supply";
import type { Job } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { useUserName } from "../pool/useNames";
import { JobBadge, JobBar, jobName, JobTook } from "./JobParts";

export function Jobs() {
  const { t } = useI18n();
  const list = useInfiniteQuery({
    ...supplyJobs,
    // Events tell of each step; where they do not come, this does.
    refetchInterval: ({ state }) => (state.data?.pages[0]?.items.some((job) => job.state === "running") ? 2000 : false),
  });
  const jobs = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page title={t.jobsPage.title} lead={list.data && t.jobsPage.lead(jobs.filter((job) => job.state === "running").length)}>
      <Loaded of={list}>
        {() => (
          <Card>
            {jobs.length === 0 ? (
              <Empty text={t.jobsPage.none}>
                <Link to="/pool" search={{}} className="button">{t.poolPage.title}</Link>
              </Empty>
            ) : (
              <ul className="plain-list items">
                {jobs.map((job) => (
                  <Row key={job.id} of={job} />
                ))}
              </ul>
            )}
            {list.hasNextPage && (
              <div>
                <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>{t.common.loadMore}</Button>
              </div>
            )}
          </Card>
        )}
      </Loaded>
    </Page>
  );
}

function Row({ of: job }: { of: Job }) {
  const { t, f } = useI18n();
  const userName = useUserName();
  const who = job.user === null || job.user === undefined ? t.jobsPage.operator : userName(job.user);
  return (
    <li className="stack-s">
      <span className="row">
        <Link to="/jobs/$id" params={{ id: String(job.id) }} search={{}}>{jobName(job, t)}</Link>
        <JobBadge of={job} />
        <span className="meta">
          {t.jobsPage.began(f.ago(job.created_at), who)} · <JobTook of={job} />
        </span>
      </span>
      <JobBar of={job} />
    </li>
  );
}
