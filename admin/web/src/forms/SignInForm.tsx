/** Name, password, and a code where the account asks for one. Never tells whether a name exists. */
import { type KeyboardEvent, useState } from "react";
import { api, ok } from "../api/client";
import { hasCode } from "../api/errors";
import { keepCsrf } from "../api/session";
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";
import { PasswordInput, TextInput } from "../ui/fields";
import { FormError } from "../ui/states";
import { useSend } from "./useSend";

export function SignInForm({ name: known = "", onDone }: { name?: string; onDone: () => void }) {
  const { t } = useI18n();
  const [name, setName] = useState(known);
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const [needsCode, setNeedsCode] = useState(false);
  const [capsLock, setCapsLock] = useState(false);
  const { send, busy, failure } = useSend({
    send: async () => {
      try {
        const login = { name: name.trim(), password, cookies: true, code: code.trim() || null };
        const tokens = await ok(api.POST("/manage/v1/session", { body: login }));
        keepCsrf(tokens.csrf_token);
        return true;
      } catch (error) {
        if (!hasCode(error, "totp_required")) throw error;
        setNeedsCode(true);
        return false;
      }
    },
    onDone: (done) => {
      if (done) onDone();
    },
  });
  const onKey = (event: KeyboardEvent) => {
    setCapsLock(event.getModifierState("CapsLock"));
  };
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) send();
      }}
    >
      <TextInput
        label={t.entry.name}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        data-autofocus={known === "" || undefined}
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
      <PasswordInput
        label={t.entry.password}
        name="password"
        autoComplete="current-password"
        required
        data-autofocus={known !== "" || undefined}
        value={password}
        description={capsLock ? t.entry.capsLock : undefined}
        onKeyUp={onKey}
        onChange={(event) => {
          setPassword(event.currentTarget.value);
        }}
      />
      {needsCode && (
        <TextInput
          label={t.entry.code}
          description={t.entry.codeHelp}
          name="one-time-code"
          autoComplete="one-time-code"
          required
          autoFocus
          value={code}
          onChange={(event) => {
            setCode(event.currentTarget.value);
          }}
        />
      )}
      <FormError failure={failure} />
      <Button kind="primary" type="submit" busy={busy}>
        {t.entry.signIn}
      </Button>
    </form>
  );
}
