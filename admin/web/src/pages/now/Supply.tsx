/** A line for each upstream: what could serve, and what is asked. Unknown is not said to be well. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { supplyUpstreams } from "../../api/queries/supply";
import { edgeStatus, type EdgeUpstream } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Page";
import "./now.css";

/** Nodes that fail nothing: those that nobody checks count, for they are used. */
export function nodesThatTake(upstream: EdgeUpstream): number {
  return upstream.nodes.filter((node) => node.state === "active" && node.health !== "unhealthy" && !node.cooling).length;
}

export function Supply() {
  const { t } = useI18n();
  const status = useQuery(edgeStatus);
  const facts = useQuery(supplyUpstreams).data?.items;
  const keyed = (name: string) => facts?.find((each) => each.name === name)?.keyed ?? true;
  return (
    <Card title={t.nowPage.supply} actions={<Link to="/pool/queue">{t.queuePage.open}</Link>}>
      <Loaded of={status} lines={2}>
        {({ edge }) =>
          edge === null ? (
            <p className="muted">{t.nowPage.noEdge}</p>
          ) : (
            <ul className="plain-list items supply">
              {Object.entries(edge.upstreams).map(([name, upstream]) => (
                <Line key={name} name={name} of={upstream} keyed={keyed(name)} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Line({ name, of: upstream, keyed }: { name: string; of: EdgeUpstream; keyed: boolean }) {
  const { t } = useI18n();
  const takes = nodesThatTake(upstream);
  const can = takes > 0 && (!keyed || upstream.ready + upstream.in_flight > 0);
  const parts = [
    keyed ? t.nowPage.canServe(upstream.ready) : null,
    upstream.cooling > 0 ? t.nowPage.resting(upstream.cooling) : null,
    t.nowPage.nodesOf(takes, upstream.nodes.length),
    t.nowPage.running(upstream.nodes.reduce((sum, node) => sum + node.in_flight, 0)),
    t.nowPage.waiting(upstream.queue.waiting),
  ];
  return (
    <li>
      <strong>{name}</strong>
      <Badge tone={can ? "ok" : "bad"} glyph={can ? "✓" : "✕"}>
        {can ? t.nowPage.serves : t.nowPage.cannot}
      </Badge>
      <span>{parts.filter((part) => part !== null).join(" · ")}</span>
    </li>
  );
}
