/** Who waits for a key, in the order of their turns, and what is on its way. */
import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { components } from "../../api/generated/schema";
import { liveRequests, supplyUpstreams, waitingLine } from "../../api/queries/supply";
import { useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Card, Page } from "../../ui/Page";
import { Table } from "../../ui/Table";
import { useUserName } from "./useNames";

type Live = components["schemas"]["LiveRequest"];
type Line = components["schemas"]["WaitingLine"];

/** How many of a line are shown. */
const SHOWN = 50;

export function Queue() {
  const { t } = useI18n();
  const upstreams = useQuery(supplyUpstreams);
  const keyed = upstreams.data?.items.filter((each) => each.keyed) ?? [];
  const lines = useQueries({ queries: keyed.map((each) => waitingLine(each.name)) });
  const live = useQuery(liveRequests);
  const waiting = lines.reduce((sum, line) => sum + (line.data?.total ?? 0), 0);
  const running = live.data?.items.filter((each) => each.stage === "running").length;
  const isKnown = running !== undefined && lines.every((line) => line.data !== undefined);
  return (
    <Page
      title={t.queuePage.title}
      lead={
        <span className="stack-s">
          {isKnown && <span>{t.queuePage.lead(waiting, running)}</span>}
          <Link to="/pool" search={{}}>← {t.poolPage.title}</Link>
        </span>
      }
    >
      <p className="text muted">{t.queuePage.order}</p>
      <Loaded of={upstreams}>
        {() => keyed.map((each) => <OfUpstream key={each.name} name={each.name} />)}
      </Loaded>
      <Card title={t.queuePage.live}>
        <Loaded of={live}>{({ items }) => <OnTheirWay of={items} />}</Loaded>
      </Card>
    </Page>
  );
}

function OfUpstream({ name }: { name: string }) {
  const line = useQuery(waitingLine(name));
  return (
    <Card title={name}>
      <Loaded of={line} lines={1}>{(data) => <Turns of={data} name={name} />}</Loaded>
    </Card>
  );
}

function Turns({ of: line, name }: { of: Line; name: string }) {
  const { t, f } = useI18n();
  const userName = useUserName();
  if (line.total === 0) return <p className="muted">{t.queuePage.empty}</p>;
  const rows = line.items.slice(0, SHOWN).map((each, index) => ({ ...each, place: index + 1 }));
  return (
    <>
      <Table
        label={name}
        rows={rows}
        id={(each) => each.request_id ?? each.place}
        columns={[
          { key: "place", label: t.queuePage.place, cell: (each) => f.num(each.place) },
          { key: "who", label: t.queuePage.who, cell: (each) => (each.user === null || each.user === undefined ? t.queuePage.nobody : userName(each.user)) },
          { key: "waited", label: t.queuePage.waited, cell: (each) => f.ms(each.waited_ms) },
          { key: "weight", label: t.queuePage.weight, number: true, cell: (each) => f.num(each.weight) },
          { key: "request", label: t.queuePage.request, cell: (each) => <code>{each.request_id ?? f.none}</code> },
        ]}
      />
      {line.total > rows.length && <p className="muted">{t.queuePage.more(line.total - rows.length)}</p>}
    </>
  );
}

function OnTheirWay({ of: requests }: { of: Live[] }) {
  const { t, f } = useI18n();
  const now = useNow();
  const userName = useUserName();
  if (requests.length === 0) return <p className="muted">{t.queuePage.noLive}</p>;
  const far = (each: Live) =>
    [
      t.queuePage.stages[each.stage],
      each.stage === "waiting" && each.place ? t.queuePage.turn(each.place) : null,
      each.stage === "running" && each.attempt && each.attempt > 1 ? t.queuePage.attempt(each.attempt) : null,
    ]
      .filter((part) => part !== null)
      .join(", ");
  return (
    <Table
      label={t.queuePage.live}
      rows={requests}
      id={(each) => each.request_id}
      columns={[
        { key: "since", label: t.queuePage.since, cell: (each) => f.span(Math.max(0, Math.round((now - each.since) / 1000) * 1000)) },
        { key: "who", label: t.queuePage.who, cell: (each) => (each.user === null || each.user === undefined ? t.queuePage.nobody : userName(each.user)) },
        { key: "what", label: t.queuePage.what, cell: (each) => [each.upstream, each.endpoint, each.model].filter(Boolean).join(" · ") },
        { key: "stage", label: t.queuePage.stage, cell: far },
        {
          key: "on",
          label: t.queuePage.on,
          cell: (each) =>
            each.pool_key ? (
              <Link to="/pool" search={{ open: String(each.pool_key) }}>
                {t.poolPage.key(each.pool_key)}
              </Link>
            ) : (
              (each.node ?? f.none)
            ),
        },
        { key: "request", label: t.queuePage.request, cell: (each) => <code>{each.request_id}</code> },
      ]}
    />
  );
}
