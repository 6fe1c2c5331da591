/** Adding or editing a proxy. Its login goes in and never comes out. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok, once } from "../../api/client";
import { supplyProxy } from "../../api/queries/supply";
import type { OutboundProxy } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Checkbox, PasswordInput, TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

interface EditForm {
  name: string;
  url: string;
  hasLogin: boolean;
}

function formOf(proxy: OutboundProxy | null): EditForm {
  return { name: proxy?.name ?? "", url: proxy?.url ?? "", hasLogin: proxy?.has_login ?? false };
}

export function ProxyForm({ proxy, onClose }: { proxy: OutboundProxy | null; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(proxy));
  const [base, setBase] = useState(form);
  const { name, url, hasLogin } = form;
  const set = (change: Partial<EditForm>) => { setForm({ ...form, ...change }); };
  const [keep, setKeep] = useState(proxy?.has_login ?? false);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [revision, setRevision] = useState<number | null>(proxy?.revision ?? null);
  const login = hasLogin ? { username, password } : null;
  const sent = { name: name.trim(), url: url.trim() };
  const edit = useSend({
    send: () =>
      proxy === null
        ? ok(api.POST("/manage/v1/outbound-proxies", { body: { ...sent, login }, params: { header: once() } }))
        : ok(
            api.PATCH("/manage/v1/outbound-proxies/{id}", {
              params: { path: { id: proxy.id }, header: ifMatch(revision) },
              body: keep && hasLogin ? sent : { ...sent, login },
            }),
          ),
    touches: [["outbound_proxy"], ["upstream"]],
    onDone: () => {
      setPassword("");
      onClose();
      say(t.common.saved);
    },
  });
  const theirs = async () => {
    const now = await client.fetchQuery({ ...supplyProxy(proxy?.id ?? 0), staleTime: 0 });
    return { form: formOf(now), revision: now.revision };
  };
  const take = (form: EditForm, base: EditForm, revision: number) => {
    setForm(form);
    setBase(base);
    setKeep(base.hasLogin && (keep || username === ""));
    setRevision(revision);
    edit.reset();
  };
  return (
    <Dialog title={proxy === null ? t.proxiesPage.addTitle : t.proxiesPage.editTitle(proxy.name)} onClose={onClose} size="lg">
      <form
        className="stack"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send();
        }}
      >
        <TextInput label={t.proxiesPage.name} description={t.proxiesPage.nameHelp} required data-autofocus autoComplete="off" spellCheck={false} value={name} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
        <TextInput label={t.proxiesPage.url} description={t.proxiesPage.urlHelp} required inputMode="url" autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={url} onChange={(event) => { set({ url: event.currentTarget.value }); }} />
        <Checkbox label={t.proxiesPage.login} checked={hasLogin} onChange={(event) => { set({ hasLogin: event.currentTarget.checked }); }} />
        {hasLogin && proxy?.has_login && <Checkbox label={t.proxiesPage.keepLogin} checked={keep} onChange={(event) => { setKeep(event.currentTarget.checked); }} />}
        {hasLogin && !keep && (
          <div className="field-group">
            <TextInput label={t.proxiesPage.username} required autoComplete="off" value={username} onChange={(event) => { setUsername(event.currentTarget.value); }} />
            <PasswordInput label={t.proxiesPage.password} description={t.proxiesPage.passwordHelp} required autoComplete="off" value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
          </div>
        )}
        {edit.conflict ? (
          <Conflict base={base} mine={form} theirs={theirs} words={{ name: t.proxiesPage.name, url: t.proxiesPage.url, hasLogin: t.proxiesPage.login }} onTake={take} />
        ) : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={edit.busy}>{proxy === null ? t.proxiesPage.add : t.common.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}
