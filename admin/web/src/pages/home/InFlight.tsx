/** One's requests that are on their way, with their place in the queue. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type Live, myLive } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Badge } from "../../ui/Badge";
import { Card } from "../../ui/Page";

const FEW = 8;

export function InFlight() {
  const { t } = useI18n();
  const live = useQuery(myLive);
  return (
    <Card title={t.lively.inFlight}>
      <Loaded of={live} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="muted">{t.lively.inFlightNone}</p>
          ) : (
            <ul className="plain-list items">
              {items.slice(0, FEW).map((each) => (
                <Row key={each.request_id} of={each} />
              ))}
              {items.length > FEW && <li className="muted">{t.queuePage.more(items.length - FEW)}</li>}
            </ul>
          )
        }
      </Loaded>
    </Card>
  );
}

function Row({ of }: { of: Live }) {
  const { t, f } = useI18n();
  const now = useNow();
  const place = of.stage === "waiting" && of.place ? t.traffic.turn(of.place) : null;
  const attempt = of.stage === "running" && of.attempt && of.attempt > 1 ? t.traffic.attempt(of.attempt) : null;
  return (
    <li className="row spread">
      <span className="stack-s">
        <Link to="/requests/$id" params={{ id: of.request_id }} search={{}}>{of.model ?? t.traffic.endpoint[of.endpoint]}</Link>
        <span className="meta">{t.traffic.endpoint[of.endpoint]}</span>
      </span>
      <span className="row">
        <Badge tone={of.stage === "running" ? "ok" : "wait"} glyph={of.stage === "running" ? "▸" : "◷"}>
          {f.list([t.traffic.stage[of.stage], place, attempt].filter((part) => part !== null))}
        </Badge>
        <span className="meta">{f.span(Math.max(0, Math.round((now - of.since) / 1000) * 1000))}</span>
      </span>
    </li>
  );
}
