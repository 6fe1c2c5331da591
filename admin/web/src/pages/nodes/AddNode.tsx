/** Adding a node. An address that may not be is refused at its field, with the rule that refused it. */
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import type { components } from "../../api/generated/schema";
import type { Upstream } from "../../api/types";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Choice, TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

type Role = components["schemas"]["Role"];
type Http = components["schemas"]["HttpVersion"];
const ROLES: Role[] = ["image", "text", "api"];
const VERSIONS: Http[] = ["auto", "h1", "h2"];

export function AddNode({ upstream, onClose }: { upstream: Upstream; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [name, setName] = useState("");
  const [url, setUrl] = useState("");
  const [role, setRole] = useState<Role>("image");
  const [http, setHttp] = useState<Http>("auto");
  const isNovelai = upstream.kind === "novelai";
  const { send, busy, failure } = useSend({
    send: () =>
      ok(
        api.POST("/manage/v1/upstreams/{name}/nodes", {
          params: { path: { name: upstream.name }, header: once() },
          body: { name: name.trim(), url: url.trim(), http, ...(isNovelai ? { role } : {}) },
        }),
      ),
    touches: [["node"], ["upstream"]],
    onDone: (node) => {
      onClose();
      say(t.nodesPage.addedNow(node.name));
    },
  });
  /** The server's sentence without the field's name, which the field shows. */
  const refusal = (field: string) => (failure?.field === field ? failure.detail?.replace(/^[`“"]?\w+[`”"]?:\s*/, "") : undefined);
  const urlRefused = refusal("url");
  return (
    <Dialog title={t.nodesPage.addTitle(upstream.name)} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) send();
        }}
      >
        <TextInput label={t.nodesPage.name} description={t.nodesPage.nameHelp} required maxLength={40} data-autofocus autoComplete="off" spellCheck={false} value={name} error={refusal("name")} onChange={(event) => { setName(event.currentTarget.value); }} />
        <TextInput label={t.nodesPage.url} description={t.nodesPage.urlHelp} required inputMode="url" autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={url} error={urlRefused && `${t.nodesPage.refused}: ${urlRefused}`} onChange={(event) => { setUrl(event.currentTarget.value); }} />
        <div className="field-group">
          {isNovelai && (
            <Choice
              label={t.nodesPage.whichRole}
              value={role}
              data={ROLES.map((each) => ({ value: each, label: t.nodesPage.role[each] }))}
              onChange={(event) => { setRole(ROLES.find((each) => each === event.currentTarget.value) ?? "image"); }}
            />
          )}
          <Choice
            label={t.nodesPage.http}
            value={http}
            data={VERSIONS.map((each) => ({ value: each, label: each === "auto" ? t.nodesPage.httpAuto : each }))}
            onChange={(event) => { setHttp(VERSIONS.find((each) => each === event.currentTarget.value) ?? "auto"); }}
          />
        </div>
        <details open={urlRefused !== undefined}>
          <summary>{t.nodesPage.rulesTitle}</summary>
          <ul>
            {t.nodesPage.rules.map((rule) => (
              <li key={rule}>{rule}</li>
            ))}
            <li>{t.nodesPage.plaintext(upstream.allow_plaintext)}</li>
            <li>{t.nodesPage.networks(upstream.private_networks.join(", "))}</li>
          </ul>
        </details>
        {urlRefused === undefined && refusal("name") === undefined && <FormError failure={failure} />}
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={busy}>{t.nodesPage.add}</Button>
        </div>
      </form>
    </Dialog>
  );
}
