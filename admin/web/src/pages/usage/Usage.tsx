/** How much was used, is it more than before, and where do failures come from? Members see their own, admins all. */
import { useQuery } from "@tanstack/react-query";
import { usage } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Card, Page } from "../../ui/Page";
import { Breakdown } from "./Breakdown";
import { CopyLink, Export } from "./Export";
import { Filters } from "./Filters";
import { Lead } from "./Lead";
import { OverTime } from "./OverTime";
import { Requests } from "./Requests";
import { useUsage } from "./useUsage";

export function Usage() {
  const { t } = useI18n();
  const { whose, time, filter, step } = useUsage();
  const sum = useQuery(usage(whose, time, filter, step));
  return (
    <Page
      title={t.usagePage.title}
      lead={sum.data && <Lead of={sum.data} />}
      actions={
        <>
          <CopyLink />
          <Export rows={sum.data?.total.sums.requests ?? null} />
        </>
      }
    >
      <Filters />
      <Card title={t.usagePage.plot}>
        <Loaded of={sum} lines={5}>
          {(data) => <OverTime of={data} />}
        </Loaded>
      </Card>
      <Breakdown />
      <Requests />
    </Page>
  );
}
