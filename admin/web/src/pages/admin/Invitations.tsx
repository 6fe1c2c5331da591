/** Invitations: made with a link that is shown this once, and taken back. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { invitations } from "../../api/queries/admin";
import type { Invitation } from "../../api/types";
import { Form } from "../../forms/Form";
import { useAct, useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { NumberField, numberOf, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { SecretOnce } from "../../ui/SecretOnce";
import { Empty } from "../../ui/states";
import { Ago } from "../../ui/Time";

const TOUCHES = [["invitation"]];

/** A link to one of the pages for those who are not signed in. */
export function linkTo(page: string, name: string, secret: string): string {
  return `${location.origin}/manage/ui/${page}?${new URLSearchParams({ [name]: secret }).toString()}`;
}

export function Invitations() {
  const { t } = useI18n();
  const all = useQuery(invitations);
  const [inviting, setInviting] = useState(false);
  const [text, setText] = useState<string | null>(null);
  return (
    <Card title={t.admin.users.invitations} actions={<Button onClick={() => { setInviting(true); }}>{t.admin.users.invite}</Button>}>
      <Loaded of={all} lines={1}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty text={t.admin.users.inviteNone} />
          ) : (
            <ul className="plain-list items">
              {items.map((invitation) => (
                <Row key={invitation.id} of={invitation} />
              ))}
            </ul>
          )
        }
      </Loaded>
      {inviting && (
        <Invite
          onClose={() => { setInviting(false); }}
          onMade={(made) => {
            setInviting(false);
            setText(made);
          }}
        />
      )}
      {text !== null && (
        <SecretOnce title={t.admin.users.invite} label={t.admin.users.invite} explained={t.admin.users.inviteOnce} text={linkTo("register", "invitation", text)} onDone={() => { setText(null); }} />
      )}
    </Card>
  );
}

function Row({ of: invitation }: { of: Invitation }) {
  const { t } = useI18n();
  const revoke = useAct({
    send: () => ok(api.DELETE("/manage/v1/invitations/{id}", { params: { path: { id: invitation.id } } })),
    touches: TOUCHES,
  });
  const isOver = invitation.revoked_at !== null && invitation.revoked_at !== undefined;
  return (
    <li className="row spread">
      <span className="grow">
        {invitation.note} <code className="muted">npin_…{invitation.hint}</code>{" "}
        <span className="meta">
          {t.admin.users.inviteUsed(invitation.used, invitation.uses)} · {isOver ? t.admin.users.inviteOver : <Ago at={invitation.expires_at} />}
        </span>
      </span>
      {!isOver && (
        <Button size="small" busy={revoke.busy} onClick={() => { revoke.act(); }}>
          {t.admin.users.inviteRevoke}
        </Button>
      )}
    </li>
  );
}

function Invite({ onMade, onClose }: { onMade: (text: string) => void; onClose: () => void }) {
  const { t } = useI18n();
  const [note, setNote] = useState("");
  const [uses, setUses] = useState("1");
  const invite = useSend({
    send: () => ok(api.POST("/manage/v1/invitations", { body: { note: note.trim(), uses: numberOf(uses) }, params: { header: once() } })),
    touches: TOUCHES,
    onDone: ({ text }) => { onMade(text ?? ""); },
  });
  return (
    <Dialog title={t.admin.users.invite} onClose={onClose}>
      <Form action={t.admin.users.invite} busy={invite.busy} failure={invite.failure} onSend={invite.send} onCancel={onClose}>
        <TextInput label={t.admin.users.inviteNote} data-autofocus value={note} onChange={(event) => { setNote(event.currentTarget.value); }} />
        <NumberField label={t.admin.users.inviteUses} value={uses} onChange={setUses} />
      </Form>
    </Dialog>
  );
}
