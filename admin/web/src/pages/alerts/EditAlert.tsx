/** Adding a webhook, whose secret is shown this once, or editing one. */
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok, once } from "../../api/client";
import { type AlertTarget, alertTargets } from "../../api/queries/watch";
import { Conflict } from "../../forms/Conflict";
import { Form } from "../../forms/Form";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { SecretOnce } from "../../ui/SecretOnce";
import { useToast } from "../../ui/Toasts";
import { AlertFields, useAlertWords } from "./AlertFields";
import { alertBody, alertForm, type Kind, type Severity } from "./form";

const TOUCHES = [["alert_target"]];

export function AddAlert({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const [form, setForm] = useState(() => alertForm(null));
  const [secret, setSecret] = useState<string | null>(null);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/alerts", { params: { header: once() }, body: { ...alertBody(form), url: form.url.trim() } })),
    touches: TOUCHES,
    onDone: (added) => {
      if (added.secret) setSecret(added.secret);
      else onClose();
    },
  });
  if (secret !== null) {
    return <SecretOnce title={t.alertsPage.onceTitle} text={secret} label={t.alertsPage.secret} explained={t.alertsPage.onceText} onDone={onClose} />;
  }
  return (
    <Dialog title={t.alertsPage.addTitle} onClose={onClose} size="lg">
      <Form action={t.alertsPage.add} busy={busy} failure={failure} onSend={send} onCancel={onClose}>
        <AlertFields form={form} onChange={setForm} edits={false} failure={failure} />
      </Form>
    </Dialog>
  );
}

export function EditAlert({ of: target, onClose }: { of: AlertTarget; onClose: () => void }) {
  const { t, f } = useI18n();
  const say = useToast();
  const [form, setForm] = useState(() => alertForm(target));
  const [base, setBase] = useState(form);
  const [revision, setRevision] = useState<number>(target.revision);
  const client = useQueryClient();
  const theirs = async () => {
    const { items } = await client.fetchQuery({ ...alertTargets, staleTime: 0 });
    const now = items.find((each) => each.id === target.id) ?? target;
    return { form: alertForm(now), revision: now.revision };
  };
  const words = useAlertWords();
  const { send, busy, failure, conflict, reset } = useSend({
    send: () =>
      ok(api.PATCH("/manage/v1/alerts/{id}", { params: { path: { id: target.id }, header: ifMatch(revision) }, body: alertBody(form) })),
    touches: TOUCHES,
    onDone: () => {
      onClose();
      say(t.common.saved);
    },
  });
  return (
    <Dialog title={t.alertsPage.editTitle(target.name)} onClose={onClose} size="lg">
      <Form action={t.common.save} busy={busy} failure={conflict ? null : failure} onSend={send} onCancel={onClose}>
        {conflict && (
          <Conflict
            base={base}
            mine={form}
            theirs={theirs}
            words={words}
            say={(field, value) =>
              field === "severity" ? t.nowPage.severity[value as Severity] : field === "kinds" ? f.list((value as Kind[]).map((kind) => t.nowPage.kind[kind])) || f.none : field === "secret" && value !== "" ? "•••" : undefined
            }
            onTake={(form, base, revision) => {
              setForm(form);
              setBase(base);
              setRevision(revision);
              reset();
            }}
          />
        )}
        <AlertFields form={form} onChange={setForm} edits failure={failure} />
      </Form>
    </Dialog>
  );
}
