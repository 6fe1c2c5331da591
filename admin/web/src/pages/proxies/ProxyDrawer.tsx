/** A proxy, whole: how it fares for whom, what happened lately, and how it fared. */
import { useQuery } from "@tanstack/react-query";
import { supplyProxy } from "../../api/queries/supply";
import type { OutboundProxy } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Drawer } from "../../ui/Drawer";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";
import { Fared } from "../pool/Fared";
import { ProxyBadges, useTroubleWord } from "./ProxyState";

export function ProxyDrawer({ id, onClose }: { id: number; onClose: () => void }) {
  const { t } = useI18n();
  const proxy = useQuery(supplyProxy(id));
  return (
    <Drawer title={proxy.data?.name ?? t.proxiesPage.title} onClose={onClose}>
      <Loaded of={proxy}>
        {(data) => (
          <div className="stack-l">
            <div className="stack-s">
              <ProxyBadges of={data} />
              <p className="mono">{data.url}</p>
              <p className="meta">
                {data.has_login ? t.proxiesPage.hasLogin : t.proxiesPage.noLogin} · {t.proxiesPage.usedBy(data.upstreams.join(", "), data.pool_keys.length)}
              </p>
            </div>
            <Fared of={{ kind: "outbound_proxy", id: data.id }} />
            <Events of={data} />
          </div>
        )}
      </Loaded>
    </Drawer>
  );
}

function Events({ of: proxy }: { of: OutboundProxy }) {
  const { t, f } = useI18n();
  const troubleWord = useTroubleWord();
  const events = proxy.live?.history ?? [];
  if (events.length === 0) return null;
  return (
    <section className="stack" aria-label={t.proxiesPage.events}>
      <h3>{t.proxiesPage.events}</h3>
      <Table
        label={t.proxiesPage.events}
        rows={events.map((event, index) => ({ ...event, index }))}
        id={(event) => event.index}
        columns={[
          { key: "at", label: t.supply.when, cell: (event) => <Ago at={event.at} /> },
          { key: "upstream", label: t.supply.upstream, cell: (event) => event.upstream },
          {
            key: "why",
            label: t.common.state,
            cell: (event) => (event.why ? troubleWord(event.why) : t.proxiesPage.eventOk(event.latency_ms === null || event.latency_ms === undefined ? f.none : f.ms(event.latency_ms))),
          },
          { key: "by", label: t.supply.why, cell: (event) => (event.by === "judge" ? t.supply.by.relay : t.supply.by[event.by]) },
        ]}
      />
    </section>
  );
}
