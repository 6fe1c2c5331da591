/** Editing what an admin may set of a key. Of a member's key the rules are the member's. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok } from "../../api/client";
import { supplyKey, supplyProxies } from "../../api/queries/supply";
import type { PoolKey } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Checkbox, Choice, NumberField, numberOf, TextInput, textOf } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

type Way = "upstream" | "direct" | "list";

function wayOf(key: PoolKey): Way {
  if (key.egress === null || key.egress === undefined) return "upstream";
  return key.egress.length === 0 ? "direct" : "list";
}

export function EditKey({ of: key, name, onClose }: { of: PoolKey; name: string; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const proxies = useQuery(supplyProxies).data?.items ?? [];
  const [label, setLabel] = useState(key.label);
  const [concurrency, setConcurrency] = useState(textOf(key.concurrency));
  const [way, setWay] = useState<Way>(wayOf(key));
  const [list, setList] = useState<string[]>(key.egress ?? []);
  const [revision, setRevision] = useState<number>(key.revision);
  const egress = way === "upstream" ? null : way === "direct" ? [] : list;
  const edit = useSend({
    send: (over: boolean) =>
      ok(
        api.PATCH("/manage/v1/pool-keys/{id}", {
          params: { path: { id: key.id }, header: ifMatch(over ? null : revision) },
          // The schema says a list; `null` goes back to the upstream's.
          body: { label: label.trim(), concurrency: numberOf(concurrency), egress: egress as string[] },
        }),
      ),
    touches: [["pool_key"], ["outbound_proxy"]],
    onDone: () => {
      say(t.common.saved);
      onClose();
    },
  });
  const theirs = async () => {
    const now = await client.fetchQuery({ ...supplyKey(key.id), staleTime: 0 });
    setLabel(now.label);
    setConcurrency(textOf(now.concurrency));
    setWay(wayOf(now));
    setList(now.egress ?? []);
    setRevision(now.revision);
    edit.reset();
  };
  const WAYS: Record<Way, string> = { upstream: t.poolPage.egressUpstream, direct: t.poolPage.egressDirect, list: t.poolPage.egressList };
  return (
    <Dialog title={t.poolPage.editTitle(name)} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send(false);
        }}
      >
        <div className="field-group">
          <TextInput label={t.poolPage.label} maxLength={100} data-autofocus value={label} onChange={(event) => { setLabel(event.currentTarget.value); }} />
          <NumberField label={t.poolPage.concurrency} description={t.poolPage.concurrencyHelp} value={concurrency} onChange={setConcurrency} />
        </div>
        <Choice
          label={t.poolPage.egress}
          value={way}
          data={(["upstream", "direct", ...(proxies.length > 0 ? ["list"] : [])] as Way[]).map((each) => ({ value: each, label: WAYS[each] }))}
          onChange={(event) => { setWay(event.currentTarget.value as Way); }}
        />
        {way === "list" &&
          proxies.map((proxy) => (
            <Checkbox
              key={proxy.id}
              label={proxy.name}
              checked={list.includes(proxy.name)}
              onChange={(event) => {
                setList(event.currentTarget.checked ? [...list, proxy.name] : list.filter((each) => each !== proxy.name));
              }}
            />
          ))}
        <p className="meta">{t.poolPage.theirRules}</p>
        {edit.conflict ? <Conflict onMine={() => { edit.send(true); }} onTheirs={() => void theirs()} /> : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" busy={edit.busy}>{t.common.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}
