/** Password and second factor. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok } from "../../api/client";
import { me } from "../../api/queries/mine";
import { NewPassword } from "../../forms/NewPassword";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { PasswordInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { SecondFactor } from "./SecondFactor";

export function Security() {
  const account = useQuery(me);
  return (
    <div className="grid">
      <Password />
      <Loaded of={account}>{(user) => <SecondFactor isOn={user.has_totp} />}</Loaded>
    </div>
  );
}

function Password() {
  const [round, setRound] = useState(0);
  // A form of its own each time: the fields are empty again.
  return <PasswordForm key={round} onDone={() => { setRound(round + 1); }} />;
}

function PasswordForm({ onDone }: { onDone: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState<string | null>(null);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/me/password", { body: { current, password: password ?? "" } })),
    touches: [["session", "all"]],
    onDone: () => {
      say(t.account.changed);
      onDone();
    },
  });
  return (
    <Card title={t.account.passwordTitle}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && password !== null) send();
        }}
      >
        <p className="muted">{t.account.passwordText}</p>
        <PasswordInput label={t.account.current} name="password" autoComplete="current-password" required value={current} onChange={(event) => { setCurrent(event.currentTarget.value); }} />
        <NewPassword label={t.entry.newPassword} onChange={setPassword} />
        <FormError failure={failure} />
        <div className="row row-end">
          <Button kind="primary" type="submit" busy={busy}>
            {t.account.change}
          </Button>
        </div>
      </form>
    </Card>
  );
}
