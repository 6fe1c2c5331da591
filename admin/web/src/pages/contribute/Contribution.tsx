/** One key that I brought: how it is, what it served and cost, and my rules. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { myPoolKey } from "../../api/queries/mine";
import type { MyPoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Ago } from "../../ui/Time";
import { useCapsText } from "./CapsFields";
import { ContributionActs } from "./ContributionActs";
import { EditContribution } from "./EditContribution";
import { Fared } from "../pool/Fared";
import { StateLine } from "./PoolKeyState";
import { Served } from "./Served";

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
            <Card>
              <Fared of={{ kind: "my_pool_key", id: data.id }} />
            </Card>
          </>
        )}
      </Loaded>
    </Page>
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
                <dd>{f.share(account.battery / 100)}</dd>
              </>
            )}
          </>
        )}
        {credit && credit.left !== null && credit.left !== undefined && (
          <>
            <dt>{t.contribute.balance}</dt>
            <dd>{f.money(credit.left)}</dd>
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
