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
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Checkbox, Choice, NumberField, numberOf, TextInput, textOf } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

type Way = "upstream" | "direct" | "list";

function wayOf(key: PoolKey): Way {
  if (key.egress === null || key.egress === undefined) return "upstream";
  return key.egress.length === 0 ? "direct" : "list";
}

interface EditForm {
  label: string;
  concurrency: string;
  way: Way;
  list: readonly string[];
}

function formOf(key: PoolKey): EditForm {
  return { label: key.label, concurrency: textOf(key.concurrency), way: wayOf(key), list: key.egress ?? [] };
}

export function EditKey({ of: key, name, onClose }: { of: PoolKey; name: string; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const proxies = useQuery(supplyProxies).data?.items ?? [];
  const [form, setForm] = useState(() => formOf(key));
  const [base, setBase] = useState(form);
  const { label, concurrency, way, list } = form;
  const set = (change: Partial<EditForm>) => { setForm({ ...form, ...change }); };
  const [revision, setRevision] = useState<number>(key.revision);
  const egress = way === "upstream" ? null : way === "direct" ? [] : list;
  const edit = useSend({
    send: () =>
      ok(
        api.PATCH("/manage/v1/pool-keys/{id}", {
          params: { path: { id: key.id }, header: ifMatch(revision) },
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
    return { form: formOf(now), revision: now.revision };
  };
  const take = (form: EditForm, base: EditForm, revision: number) => {
    setForm(form);
    setBase(base);
    setRevision(revision);
    edit.reset();
  };
  const WAYS: Record<Way, string> = { upstream: t.poolPage.egressUpstream, direct: t.poolPage.egressDirect, list: t.poolPage.egressList };
  return (
    <Dialog title={t.poolPage.editTitle(name)} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send();
        }}
      >
        <div className="field-group">
          <TextInput label={t.poolPage.label} maxLength={100} data-autofocus value={label} onChange={(event) => { set({ label: event.currentTarget.value }); }} />
          <NumberField label={t.poolPage.concurrency} description={t.poolPage.concurrencyHelp} value={concurrency} onChange={(concurrency) => { set({ concurrency }); }} />
        </div>
        <Choice
          label={t.poolPage.egress}
          value={way}
          data={(["upstream", "direct", ...(proxies.length > 0 ? ["list"] : [])] as Way[]).map((each) => ({ value: each, label: WAYS[each] }))}
          onChange={(event) => { set({ way: event.currentTarget.value as Way }); }}
        />
        {way === "list" &&
          proxies.map((proxy) => (
            <Checkbox
              key={proxy.id}
              label={proxy.name}
              checked={list.includes(proxy.name)}
              onChange={(event) => {
                set({ list: event.currentTarget.checked ? [...list, proxy.name] : list.filter((each) => each !== proxy.name) });
              }}
            />
          ))}
        <p className="meta">{t.poolPage.theirRules}</p>
        {edit.conflict ? (
          <Conflict
            base={base}
            mine={form}
            theirs={theirs}
            words={{ label: t.poolPage.label, concurrency: t.poolPage.concurrency, way: t.poolPage.egress, list: t.poolPage.egressList }}
            say={(field, value) => (field === "way" ? WAYS[value as Way] : undefined)}
            onTake={take}
          />
        ) : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={edit.busy}>{t.common.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}
