/** A new password by leave of an admin. */
import { Link, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok } from "../../api/client";
import { NewPassword } from "../../forms/NewPassword";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { TextInput } from "../../ui/fields";
import { Page } from "../../ui/Page";
import { FormError } from "../../ui/states";

export function ResetPassword() {
  const { t } = useI18n();
  const search = useSearch({ from: "/open/reset-password" });
  const [token, setToken] = useState(search.token ?? "");
  const [password, setPassword] = useState<string | null>(null);
  const [done, setDone] = useState(false);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/password-reset", { body: { token: token.trim(), password: password ?? "" } })),
    onDone: () => {
      setDone(true);
    },
  });
  if (done) {
    return (
      <Page title={t.entry.resetTitle} lead={t.entry.resetDone}>
        <Link to="/sign-in" search={{}} className="button" data-kind="primary">
          {t.entry.signIn}
        </Link>
      </Page>
    );
  }
  return (
    <Page title={t.entry.resetTitle}>
      <form
        className="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy && password !== null) send();
        }}
      >
        <TextInput
          label={t.entry.resetToken}
          required
          autoComplete="off"
          value={token}
          onChange={(event) => {
            setToken(event.currentTarget.value);
          }}
        />
        <NewPassword label={t.entry.newPassword} onChange={setPassword} />
        <FormError failure={failure} />
        <Button kind="primary" type="submit" busy={busy}>
          {t.entry.resetTitle}
        </Button>
      </form>
    </Page>
  );
}
