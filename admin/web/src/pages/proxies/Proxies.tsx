/** Outbound proxies: which way out works, and who leaves through it? */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { supplyProxies } from "../../api/queries/supply";
import type { OutboundProxy } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { Strips } from "../pool/Fared";
import { Assign } from "./Assign";
import { ProxyActs } from "./ProxyActs";
import { ProxyDrawer } from "./ProxyDrawer";
import { ProxyForm } from "./ProxyForm";
import { ProxyBadges } from "./ProxyState";
import { Replay } from "./Replay";

/** Known to work for all that leave through it; what nobody tried is not known. */
function works(proxy: OutboundProxy): boolean {
  const ways = proxy.live?.upstreams ?? [];
  return proxy.enabled && ways.length > 0 && ways.every((way) => way.health === "healthy" && way.failures === 0);
}

export function Proxies() {
  const { t } = useI18n();
  const search = useSearch({ from: "/signed/admin/proxies" });
  const navigate = useNavigate({ from: "/proxies" });
  const proxies = useQuery(supplyProxies);
  const items = proxies.data?.items;
  const close = () => void navigate({ search: {} });
  const add = (
    <Link to="/proxies" search={{ add: "yes" }} className="button" data-kind="primary">
      {t.proxiesPage.add}
    </Link>
  );
  return (
    <Page
      title={t.proxiesPage.title}
      lead={items && t.proxiesPage.lead(items.filter(works).length, items.length)}
      actions={
        <>
          {items !== undefined && items.length > 0 && (
            <Link to="/proxies" search={{ assign: "yes" }} className="button">
              {t.proxiesPage.assign}
            </Link>
          )}
          {add}
        </>
      }
    >
      <Loaded of={proxies}>
        {(data) => (
          <Card>
            {data.items.length === 0 ? (
              <Empty text={t.proxiesPage.none}>{add}</Empty>
            ) : (
              <ul className="plain-list items">
                {data.items.map((proxy) => (
                  <Row key={proxy.id} of={proxy} />
                ))}
              </ul>
            )}
          </Card>
        )}
      </Loaded>
      <Card title={t.proxiesPage.sensitivity}>
        <p className="text">{t.proxiesPage.sensitivityText}</p>
        <pre className="code">{"upstreams:\n  <name>:\n    egress:\n      failures: 3\n      cool_down: 30s\n      probe_interval: 1m"}</pre>
        <Replay />
      </Card>
      {search.add && <ProxyForm proxy={null} onClose={close} />}
      {search.assign && items && <Assign proxies={items} onClose={close} />}
      {search.open && <ProxyDrawer id={Number(search.open)} onClose={close} />}
    </Page>
  );
}

function Row({ of: proxy }: { of: OutboundProxy }) {
  const { t } = useI18n();
  return (
    <li className="stack">
      <div className="row spread">
        <div className="stack-s grow">
          <span className="row">
            <Link to="/proxies" search={{ open: String(proxy.id) }}>{proxy.name}</Link>
            <ProxyBadges of={proxy} />
          </span>
          <span className="meta">
            <span className="mono">{proxy.url}</span> · {proxy.has_login ? t.proxiesPage.hasLogin : t.proxiesPage.noLogin} ·{" "}
            {t.proxiesPage.usedBy(proxy.upstreams.join(", "), proxy.pool_keys.length)}
          </span>
        </div>
        <div className="row">
          <ProxyActs of={proxy} />
        </div>
      </div>
      <Strips of={{ kind: "outbound_proxy", id: proxy.id }} />
    </li>
  );
}
