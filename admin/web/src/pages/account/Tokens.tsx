/** Personal access tokens. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { myTokens } from "../../api/queries/mine";
import type { PersonalToken } from "../../api/types";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { useWho } from "../../shell/useWho";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Confirm, Dialog } from "../../ui/Dialog";
import { Checkbox, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { SecretOnce } from "../../ui/SecretOnce";
import { Empty, FormError } from "../../ui/states";
import { Ago } from "../../ui/Time";

const MEMBERS = ["keys:read", "keys:write", "pool:read", "pool:write", "account:read", "account:write"] as const;
const ADMINS = ["users:read", "users:write", "system:read", "system:write", "admin"] as const;
type Scope = (typeof MEMBERS)[number] | (typeof ADMINS)[number];

export function Tokens() {
  const { t } = useI18n();
  const tokens = useQuery(myTokens);
  const [creating, setCreating] = useState(false);
  const [text, setText] = useState<string | null>(null);
  return (
    <Card
      title={t.account.tokens}
      actions={
        <Button kind="primary" onClick={() => { setCreating(true); }}>
          {t.account.tokenCreate}
        </Button>
      }
    >
      <p className="muted text">{t.account.tokensText}</p>
      <Loaded of={tokens}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t.account.tokenNone} />
          ) : (
            <ul className="plain-list items">
              {items.map((token) => (
                <Row key={token.id} of={token} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {creating && (
        <Create
          onClose={() => { setCreating(false); }}
          onMade={(made) => {
            setCreating(false);
            setText(made);
          }}
        />
      )}
      {text !== null && (
        <SecretOnce title={t.account.tokenCreate} text={text} label={t.account.tokens} explained={t.account.tokenOnce} onDone={() => { setText(null); }} />
      )}
    </Card>
  );
}

function Row({ of: token }: { of: PersonalToken }) {
  const { t, f } = useI18n();
  const [deleting, setDeleting] = useState(false);
  const remove = useSend({
    send: () => ok(api.DELETE("/manage/v1/me/tokens/{id}", { params: { path: { id: token.id } } })),
    touches: [["token"]],
  });
  return (
    <li className="row spread">
      <div className="stack-s grow">
        <span>
          {token.name} <code className="muted">nptk_…{token.hint}</code>
        </span>
        <span className="meta">
          {token.scopes.join(", ")} · {token.used_at ? <Ago at={token.used_at} /> : t.account.tokenUnused}
          {token.expires_at ? ` · ${t.keys.expiresAt(f.moment(token.expires_at))}` : ""}
        </span>
      </div>
      <Button size="small" kind="danger" onClick={() => { setDeleting(true); }}>
        {t.account.tokenDelete}
      </Button>
      {deleting && (
        <Confirm
          title={t.account.tokenDeleteTitle(token.name)}
          text={t.account.tokenDeleteText}
          name={token.name}
          action={t.account.tokenDelete}
          busy={remove.busy}
          onConfirm={remove.send}
          onClose={() => { setDeleting(false); }}
        >
          <FormError failure={remove.failure} />
        </Confirm>
      )}
    </li>
  );
}

function Create({ onMade, onClose }: { onMade: (text: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const who = useWho();
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<Scope[]>([]);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/me/tokens", { body: { name: name.trim(), scopes }, params: { header: once() } })),
    touches: [["token"]],
    onDone: ({ text }) => {
      onMade(text ?? "");
    },
  });
  const offered: readonly Scope[] = who.role === "admin" ? [...MEMBERS, ...ADMINS] : MEMBERS;
  return (
    <Dialog title={t.account.tokenCreate} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) send();
        }}
      >
        <TextInput label={t.account.tokenName} required maxLength={100} data-autofocus value={name} onChange={(event) => { setName(event.currentTarget.value); }} />
        <fieldset className="stack-s">
          <legend>{t.account.tokenScopes}</legend>
          {offered.map((scope) => (
            <Checkbox
              key={scope}
              label={t.account.scope[scope]}
              checked={scopes.includes(scope)}
              onChange={(event) => {
                setScopes(event.currentTarget.checked ? [...scopes, scope] : scopes.filter((each) => each !== scope));
              }}
            />
          ))}
        </fieldset>
        <FormError failure={failure} />
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={busy}>
            {t.common.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
