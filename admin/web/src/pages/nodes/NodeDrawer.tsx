/** A node, whole: what its state means, where it is, what people noted, and how it fared. */
import type { Node } from "../../api/types";
import { useI18n } from "../../i18n";
import { Drawer } from "../../ui/Drawer";
import { Fared } from "../pool/Fared";
import { LastCheck, NodeBadge, standingOf } from "./NodeState";

export function NodeDrawer({ of: node, onClose }: { of: Node; onClose: () => void }) {
  const { t, f } = useI18n();
  const live = node.live;
  const notes = Object.entries(node.metadata as Record<string, unknown>);
  return (
    <Drawer title={`${node.upstream} / ${node.name}`} onClose={onClose}>
      <div className="stack-l">
        <div className="stack-s">
          <span className="row">
            <NodeBadge of={node} />
            {node.preferred && <span className="meta">★ {t.nodesPage.preferred}</span>}
          </span>
          <p>{live ? t.nodesPage.text[standingOf(node)] : t.nodesPage.noRelay}</p>
        </div>
        <dl className="facts">
          <dt>{t.nodesPage.url}</dt>
          <dd className="mono">{node.url}</dd>
          <dt>{t.nodesPage.whichRole}</dt>
          <dd>{t.nodesPage.role[node.role]}</dd>
          <dt>{t.nodesPage.http}</dt>
          <dd>{node.http === "auto" ? t.nodesPage.httpAuto : node.http}</dd>
          <dt>{t.nodesPage.inFlight}</dt>
          <dd>{live ? f.num(live.in_flight) : f.none}</dd>
          <dt>{t.nodesPage.latency}</dt>
          <dd>{live?.latency_ms === null || live?.latency_ms === undefined ? f.none : f.ms(live.latency_ms)}</dd>
          <dt>{t.nodesPage.lastCheck}</dt>
          <dd>
            <LastCheck of={node} />
          </dd>
          <dt>{t.common.created}</dt>
          <dd>{node.created_at ? t.nodesPage.added(f.ago(node.created_at)) : t.nodesPage.configured}</dd>
          {notes.map(([name, value]) => [<dt key={`${name}?`}>{name}</dt>, <dd key={name}>{String(value)}</dd>])}
        </dl>
        <Fared of={{ kind: "node", upstream: node.upstream, node: node.name }} />
      </div>
    </Drawer>
  );
}
