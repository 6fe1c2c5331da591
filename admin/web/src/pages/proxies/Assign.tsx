/** Which upstreams leave through which proxies. The order of a list says nothing: requests spread over it. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok } from "../../api/client";
import { supplyUpstreams } from "../../api/queries/supply";
import type { OutboundProxy, Upstream } from "../../api/types";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

export function Assign({ proxies, onClose }: { proxies: OutboundProxy[]; onClose: () => void }) {
  const { t } = useI18n();
  const upstreams = useQuery(supplyUpstreams);
  return (
    <Dialog title={t.proxiesPage.assignTitle} onClose={onClose} size="lg">
      <div className="stack">
        <p>{t.proxiesPage.assignText}</p>
        <Loaded of={upstreams}>{({ items }) => <Lists upstreams={items} proxies={proxies} onClose={onClose} />}</Loaded>
      </div>
    </Dialog>
  );
}

/** Lists by the upstream's name. */
type Lists = Record<string, string[]>;

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((name) => other.includes(name));
}

function Lists({ upstreams, proxies, onClose }: { upstreams: Upstream[]; proxies: OutboundProxy[]; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [lists, setLists] = useState<Lists>(() => Object.fromEntries(upstreams.map((each) => [each.name, each.egress ?? []])));
  const changed = upstreams.filter((each) => !isSame(each.egress ?? [], lists[each.name] ?? []));
  const { send, busy, failure } = useSend({
    send: async () => {
      for (const { name } of changed) {
        const list = lists[name] ?? [];
        // The schema says a list; `null` takes it away.
        const egress = (list.length === 0 ? null : list) as string[];
        await ok(api.PATCH("/manage/v1/upstreams/{name}", { params: { path: { name } }, body: { egress } }));
      }
    },
    touches: [["upstream"], ["outbound_proxy"]],
    onDone: () => {
      onClose();
      say(t.proxiesPage.assigned);
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) send();
      }}
    >
      {upstreams.map(({ name }) => {
        const list = lists[name] ?? [];
        return (
          <fieldset key={name} className="stack-s">
            <legend>{name}</legend>
            {proxies.map((proxy) => (
              <Checkbox
                key={proxy.id}
                label={proxy.name}
                checked={list.includes(proxy.name)}
                onChange={(event) => {
                  const next = event.currentTarget.checked ? [...list, proxy.name] : list.filter((each) => each !== proxy.name);
                  setLists({ ...lists, [name]: next });
                }}
              />
            ))}
            {list.length === 0 && <p className="meta">{t.proxiesPage.assignNone}</p>}
          </fieldset>
        );
      })}
      <FormError failure={failure} />
      <div className="row row-end">
        <Cancel onClose={onClose} />
        <Button kind="primary" type="submit" busy={busy}>{t.common.save}</Button>
      </div>
    </form>
  );
}
