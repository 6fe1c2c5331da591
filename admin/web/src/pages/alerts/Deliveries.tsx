/** What a webhook was told, and what became of each message. */
import { useQuery } from "@tanstack/react-query";
import { type AlertDelivery, alertDeliveries, type AlertTarget } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Badge, type Tone } from "../../ui/Badge";
import { Drawer } from "../../ui/Drawer";
import { Empty } from "../../ui/states";
import { Table } from "../../ui/Table";
import { Ago, Countdown } from "../../ui/Time";

const LOOK: Record<AlertDelivery["state"], [Tone, string]> = {
  waiting: ["wait", "…"],
  held: ["off", "‖"],
  digested: ["off", "∑"],
  delivered: ["ok", "✓"],
  failed: ["bad", "✕"],
};

export function Deliveries({ of: target, onClose }: { of: AlertTarget; onClose: () => void }) {
  const { t, f } = useI18n();
  const words = t.alertsPage;
  const told = useQuery(alertDeliveries(target.id));
  const became = (one: AlertDelivery) => {
    const [tone, glyph] = LOOK[one.state];
    const why = one.error ?? (one.status ? words.answered(one.status) : null);
    return (
      <span className="stack-s">
        <span><Badge tone={tone} glyph={glyph}>{words.became[one.state]}</Badge></span>
        {one.state !== "delivered" && why !== null && <span className="meta">{why}</span>}
        {one.state === "waiting" && one.next_at && <span className="meta">{t.alertsPage.nextTry} <Countdown until={one.next_at} /></span>}
      </span>
    );
  };
  return (
    <Drawer title={words.deliveriesOf(target.name)} onClose={onClose}>
      <Loaded of={told}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={words.noDeliveries} />
          ) : (
            <Table
              label={words.deliveriesOf(target.name)}
              rows={items}
              id={(one) => one.id}
              columns={[
                { key: "when", label: words.when, cell: (one) => <Ago at={one.created_at} /> },
                { key: "event", label: words.event, cell: (one) => [words.events[one.event], one.finding ? words.finding(one.finding) : null].filter(Boolean).join(" · ") },
                { key: "state", label: words.state, cell: became },
                { key: "tries", label: words.tries, number: true, cell: (one) => f.num(one.attempts) },
              ]}
            />
          )
        }
      </Loaded>
    </Drawer>
  );
}
