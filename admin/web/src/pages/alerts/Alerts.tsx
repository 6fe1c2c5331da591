/** Who is told when something is wrong? */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { type AlertTarget, alertTargets } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Badge } from "../../ui/Badge";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { AlertActs } from "./AlertActs";
import { Deliveries } from "./Deliveries";
import { AddAlert } from "./EditAlert";

export function Alerts() {
  const { t } = useI18n();
  const search = useSearch({ from: "/signed/admin/alerts" });
  const navigate = useNavigate({ from: "/alerts" });
  const targets = useQuery(alertTargets);
  const items = targets.data?.items;
  const opened = items?.find((target) => String(target.id) === search.open);
  const close = () => void navigate({ search: {} });
  const add = (
    <Link to="/alerts" search={{ add: "yes" }} className="button" data-kind="primary">
      {t.alertsPage.add}
    </Link>
  );
  return (
    <Page
      title={t.alertsPage.title}
      lead={items && t.alertsPage.lead(items.filter((target) => target.enabled).length, items.filter((target) => !target.enabled).length)}
      actions={add}
    >
      <Loaded of={targets}>
        {(data) => (
          <Card>
            {data.items.length === 0 ? (
              <Empty text={t.alertsPage.none}>{add}</Empty>
            ) : (
              <ul className="plain-list items">
                {data.items.map((target) => (
                  <Row key={target.id} of={target} />
                ))}
              </ul>
            )}
          </Card>
        )}
      </Loaded>
      {search.add && <AddAlert onClose={close} />}
      {opened && <Deliveries of={opened} onClose={close} />}
    </Page>
  );
}

function Row({ of: target }: { of: AlertTarget }) {
  const { t } = useI18n();
  const words = t.alertsPage;
  const kinds = target.kinds ? target.kinds.map((kind) => t.nowPage.kind[kind]).join(", ") : words.every;
  const parts = [
    words.tells(kinds, t.nowPage.severity[target.min_severity]),
    target.quiet ? words.quietText(target.quiet.from, target.quiet.to, target.quiet.zone ?? "UTC") : words.noQuiet,
    target.allow_private ? words.isInside : null,
  ];
  return (
    <li className="row spread" aria-label={target.name}>
      <div className="stack-s grow">
        <span className="row">
          <Link to="/alerts" search={{ open: String(target.id) }}>{target.name}</Link>
          {target.enabled ? <Badge tone="ok" glyph="✓">{words.told}</Badge> : <Badge tone="off" glyph="‖">{words.off}</Badge>}
        </span>
        <span className="meta mono">{target.place}</span>
        <span className="meta">{parts.filter((part) => part !== null).join(" · ")}</span>
      </div>
      <div className="row">
        <AlertActs of={target} />
      </div>
    </li>
  );
}
