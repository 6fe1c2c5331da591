/** A key of the pool, whole: its state, its account, its rules, and how it fared. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { supplyKey } from "../../api/queries/supply";
import type { PoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Drawer } from "../../ui/Drawer";
import { Ago } from "../../ui/Time";
import { useCapsText } from "../contribute/CapsFields";
import { StateLine } from "../contribute/PoolKeyState";
import { Fared } from "./Fared";
import { KeyActs } from "./KeyActs";
import { leftText } from "./PoolRow";
import { useKeyName, useUserName } from "./useNames";

export function KeyDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useI18n();
  const key = useQuery(supplyKey(id));
  const nameOf = useKeyName();
  return (
    <Drawer title={key.data ? nameOf(key.data) : t.poolPage.key(id)} onClose={onClose}>
      <Loaded of={key}>
        {(data) => (
          <div className="stack-l">
            <StateLine standing={data.standing} holds={data.holds} upstream={data.upstream} />
            <div className="row">
              <KeyActs of={data} />
            </div>
            <Facts of={data} />
            <Fared of={{ kind: "pool_key", id: data.id }} />
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}

function Facts({ of: key }: { of: PoolKey }) {
  const { t, f } = useI18n();
  const capsText = useCapsText();
  const userName = useUserName();
  const { account, egress } = key;
  const now = f.count(key.standing.in_flight);
  return (
    <dl className="facts">
      <dt>{t.supply.upstream}</dt>
      <dd>{key.upstream}</dd>
      <dt>{t.poolPage.contributor}</dt>
      <dd>
        <Link to="/pool" search={{ contributor: String(key.contributor) }}>
          {userName(key.contributor)}
        </Link>{" "}
        <span className="meta">
          <Ago at={key.created_at} /> · {t.poolPage.kind[key.kind]}
          {key.token_expires_at ? ` · ${t.poolPage.tokenUntil(f.moment(key.token_expires_at))}` : ""}
        </span>
      </dd>
      <dt>{t.poolPage.lease}</dt>
      <dd>{key.concurrency ? t.poolPage.leaseText(now, f.num(key.concurrency)) : now}</dd>
      <dt>{t.contribute.balance}</dt>
      <dd>
        {leftText(key, t, f) ?? f.none}
        {account && (
          <span className="meta">
            {" "}
            {t.contribute.tier[account.tier] ?? account.tier} · <Ago at={account.checked_at} />
          </span>
        )}
      </dd>
      <dt>{t.poolPage.rules}</dt>
      <dd>
        {capsText(key.caps)} <span className="meta">{t.keys.today(t.common.requests(key.spent_today.requests), t.common.anlas(key.spent_today.anlas))}</span>
      </dd>
      <dt>{t.contribute.goesTo}</dt>
      <dd className="mono">{key.origins.join(", ")}</dd>
      <dt>{t.poolPage.egress}</dt>
      <dd>{egress === null || egress === undefined ? t.poolPage.egressUpstream : egress.length === 0 ? t.poolPage.egressDirect : egress.join(", ")}</dd>
      {key.standing.state !== "paused" && key.next_probe_at !== null && key.next_probe_at !== undefined && (
        <>
          <dt>{t.poolPage.nextLook}</dt>
          <dd>
            <Ago at={key.next_probe_at} />
            {key.probe_streak > 0 && <span className="meta"> · {t.poolPage.failedLooks(key.probe_streak)}</span>}
          </dd>
        </>
      )}
    </dl>
  );
}
