/** Making an account for oneself; a link may bring the invitation. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { about, session } from "../../api/queries/mine";
import { keepCsrf } from "../../api/session";
import { NewPassword } from "../../forms/NewPassword";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { TextInput } from "../../ui/fields";
import { Page } from "../../ui/Page";
import { FormError } from "../../ui/states";

export function Register() {
  const { t } = useI18n();
  const relay = useQuery(about);
  return (
    <Page title={t.entry.registerTitle}>
      <Loaded of={relay}>
        {({ registration }) =>
          registration === "closed" ? <p className="note">{t.entry.registerClosed}</p> : <Form invited={registration === "invitation"} />
        }
      </Loaded>
      <p>
        {t.entry.haveAccount}{" "}
        <Link to="/sign-in" search={{}}>
          {t.entry.signIn}
        </Link>
      </p>
    </Page>
  );
}

function Form({ invited }: { invited: boolean }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const navigate = useNavigate();
  const search = useSearch({ from: "/open/register" });
  const [invitation, setInvitation] = useState(search.invitation ?? "");
  const [name, setName] = useState("");
  const [password, setPassword] = useState<string | null>(null);
  const { send, busy, failure } = useSend({
    send: async () => {
      const body = { name: name.trim(), password: password ?? "", invitation: invitation.trim() || null };
      await ok(api.POST("/manage/v1/register", { body, params: { header: once() } }));
      const tokens = await ok(api.POST("/manage/v1/session", { body: { name: body.name, password: body.password, cookies: true } }));
      keepCsrf(tokens.csrf_token);
      await client.resetQueries({ queryKey: session.queryKey });
    },
    onDone: () => void navigate({ to: "/home" }),
  });
  return (
    <form
      className="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && password !== null) send();
      }}
    >
      {invited && (
        <TextInput
          label={t.entry.invitation}
          description={t.entry.invitationHelp}
          required
          autoComplete="off"
          value={invitation}
          onChange={(event) => {
            setInvitation(event.currentTarget.value);
          }}
        />
      )}
      <TextInput
        label={t.entry.name}
        description={t.entry.nameHelp}
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        required
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value.toLowerCase());
        }}
      />
      <NewPassword label={t.entry.password} onChange={setPassword} />
      <FormError failure={failure} />
      <Button kind="primary" type="submit" busy={busy}>
        {t.entry.register}
      </Button>
    </form>
  );
}
