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
import { Dialog } from "../../ui/Dialog";
import { Checkbox, PasswordInput, TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

export function ProxyForm({ proxy, onClose }: { proxy: OutboundProxy | null; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const [name, setName] = useState(proxy?.name ?? "");
  const [url, setUrl] = useState(proxy?.url ?? "");
  const [hasLogin, setHasLogin] = useState(proxy?.has_login ?? false);
  const [keep, setKeep] = useState(proxy?.has_login ?? false);
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [revision, setRevision] = useState<number | null>(proxy?.revision ?? null);
  const login = hasLogin ? { username, password } : null;
  const form = { name: name.trim(), url: url.trim() };
  const edit = useSend({
    send: (over: boolean) =>
      proxy === null
        ? ok(api.POST("/manage/v1/outbound-proxies", { body: { ...form, login }, params: { header: once() } }))
        : ok(
            api.PATCH("/manage/v1/outbound-proxies/{id}", {
              params: { path: { id: proxy.id }, header: ifMatch(over ? null : revision) },
              body: keep && hasLogin ? form : { ...form, login },
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
    if (proxy === null) return;
    const now = await client.fetchQuery({ ...supplyProxy(proxy.id), staleTime: 0 });
    setName(now.name);
    setUrl(now.url);
    setHasLogin(now.has_login);
    setKeep(now.has_login);
    setRevision(now.revision);
    edit.reset();
  };
  return (
    <Dialog title={proxy === null ? t.proxiesPage.addTitle : t.proxiesPage.editTitle(proxy.name)} onClose={onClose} size="lg">
      <form
        className="stack"
        autoComplete="off"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send(false);
        }}
      >
        <TextInput label={t.proxiesPage.name} description={t.proxiesPage.nameHelp} required data-autofocus autoComplete="off" spellCheck={false} value={name} onChange={(event) => { setName(event.currentTarget.value); }} />
        <TextInput label={t.proxiesPage.url} description={t.proxiesPage.urlHelp} required inputMode="url" autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={url} onChange={(event) => { setUrl(event.currentTarget.value); }} />
        <Checkbox label={t.proxiesPage.login} checked={hasLogin} onChange={(event) => { setHasLogin(event.currentTarget.checked); }} />
        {hasLogin && proxy?.has_login && <Checkbox label={t.proxiesPage.keepLogin} checked={keep} onChange={(event) => { setKeep(event.currentTarget.checked); }} />}
        {hasLogin && !keep && (
          <div className="field-group">
            <TextInput label={t.proxiesPage.username} required autoComplete="off" value={username} onChange={(event) => { setUsername(event.currentTarget.value); }} />
            <PasswordInput label={t.proxiesPage.password} description={t.proxiesPage.passwordHelp} required autoComplete="off" value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
          </div>
        )}
        {edit.conflict ? <Conflict onMine={() => { edit.send(true); }} onTheirs={() => void theirs()} /> : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" busy={edit.busy}>{proxy === null ? t.proxiesPage.add : t.common.save}</Button>
        </div>
      </form>
    </Dialog>
  );
}
