/** One key that I brought: how it is, what it served and cost, and my rules. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { myPoolKey, servedDays } from "../../api/queries/mine";
import type { MyPoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Bars } from "../../ui/Bars";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Ago } from "../../ui/Time";
import { useCapsText } from "./CapsFields";
import { ContributionActs } from "./ContributionActs";
import { EditContribution } from "./EditContribution";
import { StateLine } from "./PoolKeyState";

export function Contribution() {
  const { t } = useI18n();
  const { id } = useParams({ from: "/signed/contribute/$id" });
  const key = useQuery(myPoolKey(Number(id)));
  const title = key.data ? key.data.label || t.home.keyWithoutName(key.data.id) : t.contribute.title;
  return (
    <Page title={title} actions={key.data && <ContributionActs of={key.data} />} lead={<Link to="/contribute" search={{}}>← {t.contribute.title}</Link>}>
      <Loaded of={key}>
        {(data) => (
          <>
            <Card>
              <StateLine standing={data.standing} holds={data.holds} upstream={data.upstream} />
            </Card>
            <div className="grid">
              <Served id={data.id} />
              <Account of={data} />
              <Rules of={data} />
            </div>
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Served({ id }: { id: number }) {
  const { t } = useI18n();
  const served = useQuery(servedDays(id));
  return (
    <Card title={t.contribute.served}>
      <Loaded of={served}>
        {({ days, total }) =>
          days.length === 0 ? (
            <p className="muted">{t.contribute.servedNone}</p>
          ) : (
            <>
              <p>{t.contribute.servedText(t.common.requests(total.requests), days.length)}</p>
              <Bars
                title={t.contribute.requestsColumn}
                column={t.contribute.day}
                bars={days.map((day) => ({
                  label: day.day,
                  value: day.requests,
                  text: `${t.common.requests(day.requests)}, ${t.common.anlas(day.anlas)}`,
                }))}
              />
              <p className="muted">{t.contribute.costText(t.common.anlas(total.anlas))}</p>
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function Account({ of: key }: { of: MyPoolKey }) {
  const { t, f } = useI18n();
  const { account, credit } = key;
  return (
    <Card title={t.contribute.balance}>
      <dl className="facts">
        {account && (
          <>
            <dt>{t.contribute.subscription}</dt>
            <dd>
              {t.contribute.tier[account.tier] ?? account.tier}{" "}
              <span className="meta">
                {account.active && account.expires_at ? t.contribute.until(f.moment(account.expires_at)) : account.active ? "" : t.contribute.ended}
              </span>
            </dd>
            <dt>Anlas</dt>
            <dd>
              {f.num(account.anlas)}{" "}
              <span className="meta">
                <Ago at={account.checked_at} />
              </span>
            </dd>
            {account.battery !== null && account.battery !== undefined && (
              <>
                <dt>{t.contribute.battery}</dt>
                <dd>{f.num(account.battery)} %</dd>
              </>
            )}
          </>
        )}
        {credit && credit.left !== null && credit.left !== undefined && (
          <>
            <dt>{t.contribute.balance}</dt>
            <dd>{f.millionths(credit.left)}</dd>
          </>
        )}
        <dt>{t.contribute.upstream}</dt>
        <dd>{key.upstream}</dd>
        <dt>{t.contribute.goesTo}</dt>
        <dd className="mono">{key.origins.join(", ")}</dd>
        <dt>{t.contribute.brought}</dt>
        <dd>
          <Ago at={key.created_at} />
        </dd>
      </dl>
    </Card>
  );
}

function Rules({ of: key }: { of: MyPoolKey }) {
  const { t } = useI18n();
  const capsText = useCapsText();
  const [editing, setEditing] = useState(false);
  return (
    <Card
      title={t.contribute.rules}
      actions={
        key.standing.state !== "withdrawn" && (
          <Button size="small" onClick={() => { setEditing(true); }}>
            {t.contribute.editRules}
          </Button>
        )
      }
    >
      <p>{capsText(key.caps)}</p>
      <p className="muted">{t.keys.today(t.common.requests(key.spent_today.requests), t.common.anlas(key.spent_today.anlas))}</p>
      {editing && <EditContribution of={key} onClose={() => { setEditing(false); }} />}
    </Card>
  );
}
