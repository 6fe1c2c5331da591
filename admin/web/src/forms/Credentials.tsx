/** What opens an upstream: tokens, one a line, or the login of an account. It lives in the form and goes with it. */
import { useState } from "react";
import { useI18n } from "../i18n";
import { Choice, PasswordInput, Textarea, TextInput } from "../ui/fields";

interface Typed {
  upstream: string;
  how: "tokens" | "login";
  lines: string;
  username: string;
  password: string;
}

export interface Credentials<U> {
  typed: Typed;
  set: (change: Partial<Typed>) => void;
  names: string[];
  /** For which upstream. */
  upstream: U | undefined;
  /** Whether this upstream takes logins at all. */
  takesLogins: boolean;
  isLogin: boolean;
  login: { username: string; password: string };
  lines: string[];
  isEmpty: boolean;
  /** Of what is secret nothing stays. */
  forget: () => void;
}

export function useCredentials<U extends { name: string }>(upstreams: readonly U[], takesLoginsOf: (upstream: U) => boolean): Credentials<U> {
  const [typed, setTyped] = useState<Typed>({ upstream: upstreams[0]?.name ?? "", how: "tokens", lines: "", username: "", password: "" });
  const set = (change: Partial<Typed>) => {
    setTyped((before) => ({ ...before, ...change }));
  };
  const upstream = upstreams.find((each) => each.name === typed.upstream);
  const takesLogins = upstream !== undefined && takesLoginsOf(upstream);
  return {
    typed,
    set,
    names: upstreams.map((each) => each.name),
    upstream,
    takesLogins,
    isLogin: takesLogins && typed.how === "login",
    login: { username: typed.username.trim(), password: typed.password },
    lines: typed.lines.split("\n"),
    isEmpty: typed.lines.trim() === "" && typed.password === "",
    forget: () => {
      set({ lines: "", password: "" });
    },
  };
}

export function CredentialFields<U>({ of, autoFocus = false }: { of: Credentials<U>; autoFocus?: boolean }) {
  const { t } = useI18n();
  const { typed, set } = of;
  return (
    <>
      <div className="field-group">
        <Choice
          label={t.contribute.upstream}
          data-autofocus={autoFocus || undefined}
          value={typed.upstream}
          data={of.names}
          onChange={(event) => { set({ upstream: event.currentTarget.value }); }}
        />
        {of.takesLogins && (
          <Choice
            label={t.contribute.how}
            value={typed.how}
            data={[
              { value: "tokens", label: t.contribute.tokens },
              { value: "login", label: t.contribute.login },
            ]}
            onChange={(event) => { set({ how: event.currentTarget.value === "login" ? "login" : "tokens" }); }}
          />
        )}
      </div>
      {of.isLogin ? <LoginFields of={of} /> : <TokenLines of={of} />}
    </>
  );
}

function LoginFields<U>({ of: { typed, set } }: { of: Credentials<U> }) {
  const { t } = useI18n();
  return (
    <div className="field-group">
      <TextInput label={t.contribute.username} required autoComplete="off" value={typed.username} onChange={(event) => { set({ username: event.currentTarget.value }); }} />
      <PasswordInput
        label={t.contribute.password}
        description={t.contribute.loginHelp}
        required
        autoComplete="off"
        value={typed.password}
        onChange={(event) => { set({ password: event.currentTarget.value }); }}
      />
    </div>
  );
}

function TokenLines<U>({ of: { typed, set } }: { of: Credentials<U> }) {
  const { t } = useI18n();
  return (
    <Textarea
      label={t.contribute.lines}
      description={t.contribute.linesHelp}
      required
      rows={4}
      spellCheck={false}
      autoComplete="off"
      classNames={{ input: "mono" }}
      value={typed.lines}
      onChange={(event) => { set({ lines: event.currentTarget.value }); }}
    />
  );
}
