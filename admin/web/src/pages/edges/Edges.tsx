/** Does every edge serve the latest? There is one today, and the page says so. */
import { useQuery } from "@tanstack/react-query";
import { supplyUpstreams } from "../../api/queries/supply";
import { edgeStatus, type EdgeReport } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Badge } from "../../ui/Badge";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";
import { nodesThatTake } from "../now/Supply";

export function Edges() {
  const { t } = useI18n();
  const status = useQuery(edgeStatus);
  const lead = status.data && leadOf(status.data.edge, status.data.database.revision, t.edgesPage);
  return (
    <Page title={t.edgesPage.title} lead={lead}>
      <Loaded of={status}>
        {({ edge, database }) =>
          edge === null ? (
            <Card>
              <Empty text={t.edgesPage.none} />
            </Card>
          ) : (
            <>
              <p className="text muted">{t.edgesPage.one}</p>
              <Edge of={edge} stored={database.revision} />
              <Upstreams of={edge} />
            </>
          )
        }
      </Loaded>
    </Page>
  );
}

type Words = ReturnType<typeof useI18n>["t"]["edgesPage"];

function leadOf(edge: EdgeReport | null, stored: number, words: Words): string {
  if (edge === null) return words.leadNone;
  return edge.revision < stored ? words.leadBehind(edge.revision, stored - edge.revision) : words.lead(edge.revision);
}

function Edge({ of: edge, stored }: { of: EdgeReport; stored: number }) {
  const { t, f } = useI18n();
  const words = t.edgesPage;
  const behind = Math.max(0, stored - edge.revision);
  const { usage } = edge;
  return (
    <Card title={edge.edge || words.unnamed}>
      <div className="row">
        {edge.draining ? (
          <Badge tone="off" glyph="‖">{words.draining}</Badge>
        ) : behind > 0 ? (
          <Badge tone="warn" glyph="!">{words.behind}</Badge>
        ) : (
          <Badge tone="ok" glyph="✓">{words.serving}</Badge>
        )}
        {edge.draining && <span>{words.drainingText(edge.in_flight)}</span>}
      </div>
      <dl className="facts">
        <dt>{words.revision}</dt>
        <dd>{f.num(edge.revision)}</dd>
        <dt>{words.lag}</dt>
        <dd>{behind === 0 ? words.noLag : f.num(behind)}</dd>
        <dt>{words.version}</dt>
        <dd>{edge.version ?? f.none}</dd>
        <dt>{words.up}</dt>
        <dd>
          <Ago at={edge.began_at} />
        </dd>
        <dt>{words.inFlight}</dt>
        <dd>{f.num(edge.in_flight)}</dd>
        <dt>{words.users}</dt>
        <dd>{f.count(edge.users)}</dd>
        <dt>{words.keys}</dt>
        <dd>{f.count(edge.client_keys)}</dd>
        <dt>{words.books}</dt>
        <dd>
          {usage
            ? [words.booksText(f.bytes(usage.waiting_bytes), f.bytes(usage.most_bytes)), usage.failing ? words.booksFailing : null, usage.lost > 0 ? words.lost(usage.lost) : null]
                .filter((part) => part !== null)
                .join(" · ")
            : f.none}
        </dd>
      </dl>
    </Card>
  );
}

function Upstreams({ of: edge }: { of: EdgeReport }) {
  const { t, f } = useI18n();
  const words = t.edgesPage;
  const facts = useQuery(supplyUpstreams).data?.items;
  /** An upstream without pool keys has none that are ready, and none that rest. */
  const ofKeys = (name: string, count: number) => (facts?.find((each) => each.name === name)?.keyed === false ? f.none : f.num(count));
  return (
    <Card title={words.upstreams}>
      <Table
        label={words.upstreams}
        rows={Object.entries(edge.upstreams)}
        id={([name]) => name}
        columns={[
          { key: "name", label: t.supply.upstream, cell: ([name]) => name },
          { key: "policy", label: words.policy, cell: ([, upstream]) => t.nodesPage.policies[upstream.policy] },
          { key: "ready", label: words.ready, number: true, cell: ([name, upstream]) => ofKeys(name, upstream.ready) },
          { key: "resting", label: words.resting, number: true, cell: ([name, upstream]) => ofKeys(name, upstream.cooling) },
          { key: "running", label: words.running, number: true, cell: ([, { nodes }]) => f.num(nodes.reduce((sum, node) => sum + node.in_flight, 0)) },
          { key: "waiting", label: words.waiting, number: true, cell: ([, upstream]) => f.num(upstream.queue.waiting) },
          { key: "nodes", label: words.nodes, cell: ([, upstream]) => t.nowPage.nodesOf(nodesThatTake(upstream), upstream.nodes.length) },
        ]}
      />
    </Card>
  );
}
