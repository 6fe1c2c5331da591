/** Where does a path go, and what bounds a request on its way? */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Route, type RouteBounds, routesServed } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";

export function Routes() {
  const { t } = useI18n();
  const routes = useQuery(routesServed);
  return (
    <Page title={t.routesPage.title} lead={routes.data && t.routesPage.lead(routes.data.items.length)}>
      <p className="text muted">{t.routesPage.text}</p>
      <Loaded of={routes}>
        {({ items }) =>
          items.length === 0 ? (
            <Card>
              <Empty text={t.routesPage.none} />
            </Card>
          ) : (
            items.map((route) => <OneRoute key={`${route.host ?? ""}${route.prefix}`} of={route} />)
          )
        }
      </Loaded>
    </Page>
  );
}

/** To where its requests go in the end. */
function Upstream({ name }: { name: string }) {
  return <Link to="/nodes" search={{}}>{name}</Link>;
}

function OneRoute({ of: route }: { of: Route }) {
  const { t, f } = useI18n();
  const words = t.routesPage;
  return (
    <section className="card stack" aria-label={route.prefix}>
      <div className="row spread">
        <h2 className="mono">{route.prefix}</h2>
        <span className="meta">
          {[route.host ? words.host(route.host) : words.anyHost, words.auth[route.auth], route.strip_prefix ? words.strip : words.keep].join(" · ")}
        </span>
      </div>
      <dl className="facts">
        {route.models.map((rule) => [
          <dt key={`${rule.patterns.join()}?`} className="mono">{rule.patterns.join(", ")}</dt>,
          <dd key={rule.patterns.join()}><Upstream name={rule.upstream} /></dd>,
        ])}
        {route.upstream && (
          <>
            <dt>{route.models.length > 0 ? words.otherModels : words.leadsTo}</dt>
            <dd><Upstream name={route.upstream} /></dd>
          </>
        )}
        {route.fallback.length > 0 && (
          <>
            <dt>{words.fallback}</dt>
            <dd>{route.fallback.join(" → ")}</dd>
          </>
        )}
        {route.plugins.length > 0 && (
          <>
            <dt>{words.plugins}</dt>
            <dd className="mono">{route.plugins.join(", ")}</dd>
          </>
        )}
        {route.max_wait_ms !== null && route.max_wait_ms !== undefined && (
          <>
            <dt>{words.maxWait}</dt>
            <dd>{f.span(route.max_wait_ms)}</dd>
          </>
        )}
      </dl>
      {route.bounds.map((bounds) => (
        <Bounds key={bounds.upstream} of={bounds} ownWait={route.max_wait_ms ?? null} />
      ))}
    </section>
  );
}

function Bounds({ of: bounds, ownWait }: { of: RouteBounds; ownWait: number | null }) {
  const { t, f } = useI18n();
  const words = t.routesPage;
  const wait = ownWait === null ? f.span(bounds.queue_max_wait_ms) : `${f.span(ownWait)} (${words.ofRoute})`;
  const ofKeys: [string, string][] = [
    [words.concurrency, f.count(bounds.key_concurrency)],
    [words.wait, wait],
    [words.queue, f.num(bounds.queue_requests)],
    [words.queueUser, f.num(bounds.queue_requests_per_user)],
  ];
  const isKeyed = bounds.key_concurrency !== null && bounds.key_concurrency !== undefined;
  const lines: [string, string][] = [
    [words.attempts, f.num(bounds.attempts)],
    ...(isKeyed ? ofKeys : []),
    [words.connect, f.span(bounds.connect_ms)],
    [words.write, f.span(bounds.write_ms)],
    [words.firstByte, f.span(bounds.first_byte_ms)],
    [words.idle, f.span(bounds.idle_ms)],
    [words.total, f.span(bounds.total_ms)],
    [words.websocket, f.span(bounds.websocket_ms)],
    [words.body, f.bytes(bounds.body_max)],
    [words.replay, f.bytes(bounds.body_replay)],
  ];
  return (
    <details>
      <summary>
        {words.bounds(bounds.upstream)} · {words.kind[bounds.kind]}
      </summary>
      <dl className="facts wide">
        {lines.map(([label, value]) => [<dt key={`${label}?`}>{label}</dt>, <dd key={label}>{value}</dd>])}
      </dl>
    </details>
  );
}
