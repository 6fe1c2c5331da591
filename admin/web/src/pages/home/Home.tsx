/** May I send now, and is all well? */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { myKeys, myLimit, myPoolKeys } from "../../api/queries/mine";
import { everSent } from "../../api/queries/usage";
import type { ClientKey, MyPoolKey, UserLimit } from "../../api/types";
import { type Messages, useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { PoolKeyBadge } from "../contribute/PoolKeyState";
import { KeyBadge } from "../keys/KeyBadge";
import { LastUse } from "../keys/KeyWeek";
import { InFlight } from "./InFlight";
import { LimitReceipt } from "./LimitReceipt";
import { Today } from "./Today";
import "./home.css";

function sentence(limit: UserLimit, t: Messages): string {
  const { barred, rate_limit } = limit.limit;
  if (barred === "contribution_required") return `${t.home.mayNone} ${t.home.contributionRequired}`;
  if (barred === "no_contribution") return `${t.home.mayNone} ${t.home.noContribution}`;
  if (rate_limit === null || rate_limit === undefined) return t.home.mayUnlimited;
  return rate_limit === 0 ? t.home.mayNone : t.home.may(rate_limit);
}

export function Home() {
  const { t } = useI18n();
  const limit = useQuery(myLimit);
  const keys = useQuery(myKeys);
  const poolKeys = useQuery(myPoolKeys);
  const sent = useQuery(everSent).data;
  return (
    <Page title={t.shell.home} lead={limit.data && sentence(limit.data, t)}>
      <Loaded of={limit} lines={1}>
        {(data) => <Filled limit={data} />}
      </Loaded>
      {sent === false && <Start keys={keys.data?.items.length ?? 0} contributes={(poolKeys.data?.items.length ?? 0) > 0} />}
      <div className="grid">
        <InFlight />
        <Card title={t.home.receipt}>
          <Loaded of={limit}>{(data) => <LimitReceipt limit={data} />}</Loaded>
        </Card>
        <Today />
        <Card title={t.home.myKeys} actions={<Link to="/keys" search={{}}>{t.home.allKeys}</Link>}>
          <Loaded of={keys}>{({ items }) => <Keys keys={items.filter((key) => key.state !== "revoked")} />}</Loaded>
        </Card>
        <Card title={t.home.myPoolKeys} actions={<Link to="/contribute" search={{}}>{t.home.all}</Link>}>
          <Loaded of={poolKeys}>
            {({ items }) => <PoolKeys keys={items.filter((key) => key.standing.state !== "withdrawn")} />}
          </Loaded>
        </Card>
      </div>
    </Page>
  );
}

function Filled({ limit }: { limit: UserLimit }) {
  const { t, f } = useI18n();
  const most = limit.limit.rate_limit;
  if (!limit.window || most === null || most === undefined || most === 0) return null;
  const { used, next_in_ms } = limit.window;
  const next = next_in_ms === 0 ? t.home.nextNow : t.home.nextIn(f.span(next_in_ms));
  return (
    <div className="stack-s">
      <div className="meter" role="meter" aria-label={t.home.used(used)} aria-valuemin={0} aria-valuemax={most} aria-valuenow={Math.min(used, most)}>
        <i style={{ width: `${Math.min(100, (100 * used) / most)}%` }} />
      </div>
      <p>
        {t.home.used(used)} · {next}
      </p>
      <p className="meta">{t.home.notCounted}</p>
    </div>
  );
}

/** What a newcomer does, ticked off as it is done. */
function Start({ keys, contributes }: { keys: number; contributes: boolean }) {
  const { t } = useI18n();
  return (
    <Card title={t.home.startTitle}>
      <ol className="stack">
        <li>
          <Link to="/keys" search={{ create: "yes" }}>
            {t.home.startKey}
          </Link>{" "}
          {keys > 0 && <Done />}
          <p className="muted">{t.home.startKeyText}</p>
        </li>
        <li>
          {t.home.startPaste}
          <p className="muted">{t.home.startPasteText}</p>
        </li>
        <li>
          <Link to="/contribute/new">{t.home.startBring}</Link> {contributes && <Done />}
          <p className="muted">{t.home.startBringText}</p>
        </li>
      </ol>
    </Card>
  );
}

function Done() {
  const { t } = useI18n();
  return (
    <span className="done">
      <span aria-hidden="true">✓</span>
      <span className="visually-hidden">{t.common.done}</span>
    </span>
  );
}

const FEW = 6;

function Keys({ keys }: { keys: ClientKey[] }) {
  const { t } = useI18n();
  if (keys.length === 0) return <Empty text={t.home.noKeys} />;
  return (
    <ul className="plain-list stack-s">
      {keys.slice(0, FEW).map((key) => (
        <li key={key.id} className="row spread">
          <Link to="/keys/$id" params={{ id: String(key.id) }}>
            {key.name}
          </Link>
          <span className="row">
            <LastUse id={key.id} />
            <KeyBadge of={key} />
          </span>
        </li>
      ))}
    </ul>
  );
}

function PoolKeys({ keys }: { keys: MyPoolKey[] }) {
  const { t } = useI18n();
  if (keys.length === 0) return <Empty text={t.home.noPoolKeys} />;
  return (
    <ul className="plain-list stack-s">
      {keys.slice(0, FEW).map((key) => (
        <li key={key.id} className="row spread">
          <Link to="/contribute/$id" params={{ id: String(key.id) }}>
            {key.label || t.home.keyWithoutName(key.id)}
          </Link>
          <PoolKeyBadge standing={key.standing} holds={key.holds} />
        </li>
      ))}
    </ul>
  );
}
