/** Where requests go: which nodes take them, and what holds the others. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { api, ok } from "../../api/client";
import type { components } from "../../api/generated/schema";
import { supplyNodes, supplyUpstreams } from "../../api/queries/supply";
import type { Node, Upstream } from "../../api/types";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Choice } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { Strips } from "../pool/Fared";
import { AddNode } from "./AddNode";
import { NodeActs } from "./NodeActs";
import { NodeDrawer } from "./NodeDrawer";
import { LastCheck, NodeBadge } from "./NodeState";

type Policy = components["schemas"]["Policy"];
export const POLICIES: Policy[] = ["round-robin", "active-first", "least-latency", "least-busy", "credit-weighted"];

export function takes(node: Node): boolean {
  return node.state === "active" && node.live?.health !== "unhealthy" && node.live?.cooling !== true;
}

export function Nodes() {
  const { t } = useI18n();
  const search = useSearch({ from: "/signed/admin/nodes" });
  const navigate = useNavigate({ from: "/nodes" });
  const upstreams = useQuery(supplyUpstreams);
  const lists = useQueries({ queries: (upstreams.data?.items ?? []).map((upstream) => supplyNodes(upstream.name)) });
  const all = lists.flatMap((list) => list.data?.items ?? []);
  const there = all.filter((node) => node.state !== "removed");
  const isKnown = lists.length > 0 && lists.every((list) => list.data !== undefined);
  const close = () => void navigate({ search: {} });
  const adding = upstreams.data?.items.find((each) => each.name === search.add);
  const opened = all.find((node) => `${node.upstream}/${node.name}` === search.open);
  return (
    <Page title={t.nodesPage.title} lead={isKnown && t.nodesPage.lead(there.filter(takes).length, there.length)}>
      <Loaded of={upstreams}>
        {({ items }) =>
          items.length === 0 ? <Empty text={t.nodesPage.noUpstream} /> : items.map((upstream) => <OfUpstream key={upstream.name} upstream={upstream} />)
        }
      </Loaded>
      {adding && <AddNode upstream={adding} onClose={close} />}
      {opened && <NodeDrawer of={opened} onClose={close} />}
    </Page>
  );
}

function OfUpstream({ upstream }: { upstream: Upstream }) {
  const { t } = useI18n();
  const nodes = useQuery(supplyNodes(upstream.name));
  return (
    <Card
      title={upstream.name}
      actions={
        <>
          <PolicyChoice of={upstream} />
          <Link to="/nodes" search={{ add: upstream.name }} className="button" data-size="small">
            {t.nodesPage.add}
          </Link>
        </>
      }
    >
      <Loaded of={nodes} lines={2}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t.nodesPage.none} />
          ) : (
            <ul className="plain-list items">
              {items.map((node) => (
                <Row key={node.name} of={node} nodes={items} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function PolicyChoice({ of: upstream }: { of: Upstream }) {
  const { t } = useI18n();
  const say = useToast();
  const set = (policy: Policy | null) => ok(api.PATCH("/manage/v1/upstreams/{name}", { params: { path: { name: upstream.name } }, body: { policy } }));
  const back = useAct({ send: set, touches: [["upstream"], ["node"]] });
  const choose = useAct({
    send: set,
    touches: [["upstream"], ["node"]],
    onDone: () => { say(t.nodesPage.policySet(upstream.name), () => { back.act(upstream.policy ?? null); }); },
  });
  const word = (policy: Policy) => t.nodesPage.policies[policy];
  return (
    <Choice
      aria-label={`${t.nodesPage.policy}: ${upstream.name}`}
      value={upstream.policy ?? ""}
      data={[
        { value: "", label: t.nodesPage.asConfigured(word(upstream.configured_policy)) },
        ...POLICIES.map((policy) => ({ value: policy, label: word(policy) })),
      ]}
      onChange={(event) => {
        choose.act(POLICIES.find((policy) => policy === event.currentTarget.value) ?? null);
      }}
    />
  );
}

function Row({ of: node, nodes }: { of: Node; nodes: Node[] }) {
  const { t, f } = useI18n();
  const live = node.live;
  return (
    <li className="stack" aria-label={node.name}>
      <div className="row spread">
        <div className="stack-s grow">
          <span className="row">
            <Link to="/nodes" search={{ open: `${node.upstream}/${node.name}` }}>{node.name}</Link>
            <NodeBadge of={node} />
            {node.preferred && <span className="meta">★ {t.nodesPage.preferred}</span>}
          </span>
          <span className="meta">
            <span className="mono">{node.url}</span> · {t.nodesPage.role[node.role]}
          </span>
          <span className="meta">
            {t.nodesPage.inFlight} {live ? f.num(live.in_flight) : f.none} · {t.nodesPage.latency}{" "}
            {live?.latency_ms === null || live?.latency_ms === undefined ? f.none : f.ms(live.latency_ms)} · {t.nodesPage.lastCheck} <LastCheck of={node} />
          </span>
        </div>
        <div className="row">
          <NodeActs of={node} nodes={nodes} />
        </div>
      </div>
      <Strips of={{ kind: "node", upstream: node.upstream, node: node.name }} />
    </li>
  );
}
