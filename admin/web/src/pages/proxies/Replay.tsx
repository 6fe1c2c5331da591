/** What other settings would have made of the last day: tried on what has happened, changing nothing. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { components } from "../../api/generated/schema";
import { supplyProxies } from "../../api/queries/supply";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { NumberField } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { Table } from "../../ui/Table";

type Replayed = components["schemas"]["ReplayedProxies"];

export function Replay() {
  const { t } = useI18n();
  const [failures, setFailures] = useState("3");
  const [rest, setRest] = useState("30");
  const [replayed, setReplayed] = useState<Replayed | null>(null);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/outbound-proxies/replay", { body: { failures: Number(failures), cool_down_ms: Number(rest) * 1000 } })),
    onDone: setReplayed,
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) send();
      }}
    >
      <div className="field-group">
        <NumberField label={t.proxiesPage.replayFailures} required value={failures} onChange={setFailures} />
        <NumberField label={t.proxiesPage.replayRest} required value={rest} onChange={setRest} />
      </div>
      <FormError failure={failure} />
      <div>
        <Button type="submit" busy={busy}>{t.proxiesPage.replay}</Button>
      </div>
      {replayed && <Outcome of={replayed} />}
    </form>
  );
}

function Outcome({ of: replayed }: { of: Replayed }) {
  const { t, f } = useI18n();
  const proxies = useQuery(supplyProxies).data?.items ?? [];
  const name = (id: number) => proxies.find((proxy) => proxy.id === id)?.name ?? `#${id}`;
  if (replayed.items.length === 0) return <p role="status">{t.proxiesPage.replayNone}</p>;
  const outs = (each: Replayed["items"][number]["was"]) => t.proxiesPage.replayOuts(each.rests, f.span(each.out_ms));
  return (
    <Table
      label={t.proxiesPage.replay}
      rows={replayed.items}
      id={(each) => `${each.outbound_proxy} ${each.upstream}`}
      columns={[
        { key: "proxy", label: t.proxiesPage.name, cell: (each) => name(each.outbound_proxy) },
        { key: "upstream", label: t.supply.upstream, cell: (each) => each.upstream },
        { key: "was", label: t.proxiesPage.replayWas, cell: (each) => outs(each.was) },
        { key: "would", label: t.proxiesPage.replayWould, cell: (each) => outs(each.would) },
      ]}
    />
  );
}
