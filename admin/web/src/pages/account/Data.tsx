/** Taking one's data along, and leaving. */
import { useState } from "react";
import { api, ok } from "../../api/client";
import { useAct, useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { useSignOut } from "../../shell/TopBar";
import { useWho } from "../../shell/useWho";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { PasswordInput, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { save } from "../../ui/SecretOnce";
import { FormError } from "../../ui/states";

export function Data() {
  const { t } = useI18n();
  const [leaving, setLeaving] = useState(false);
  const take = useAct({
    send: () => ok(api.GET("/manage/v1/me/export")),
    onDone: (data) => {
      save("potluck.json", JSON.stringify(data, null, 2), "application/json");
    },
  });
  return (
    <div className="grid">
      <Card title={t.account.exportTitle}>
        <p className="muted">{t.account.exportText}</p>
        <div className="row">
          <Button busy={take.busy} onClick={() => { take.act(); }}>
            {t.account.export}
          </Button>
        </div>
      </Card>
      <Card title={t.account.deleteTitle}>
        <p className="muted">{t.account.deleteText}</p>
        <div className="row">
          <Button kind="danger" onClick={() => { setLeaving(true); }}>
            {t.account.delete}
          </Button>
        </div>
      </Card>
      {leaving && <Leave onClose={() => { setLeaving(false); }} />}
    </div>
  );
}

function Leave({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const who = useWho();
  const signOut = useSignOut();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { send, busy, failure } = useSend({
    send: () => ok(api.DELETE("/manage/v1/me", { body: { password, code: code.trim() || null } })),
    onDone: () => {
      signOut.act();
    },
  });
  return (
    <Confirm title={t.account.deleteTitle} text={t.account.deleteText} name={who.name} action={t.account.delete} busy={busy} onConfirm={send} onClose={onClose}>
      <PasswordInput label={t.entry.password} autoComplete="current-password" required value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
      {who.has_totp && <TextInput label={t.entry.code} autoComplete="one-time-code" required value={code} onChange={(event) => { setCode(event.currentTarget.value); }} />}
      <FormError failure={failure} />
    </Confirm>
  );
}
