/** What is set for the whole relay while it runs. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok } from "../../api/client";
import { settings as query, status } from "../../api/queries/admin";
import { about } from "../../api/queries/mine";
import type { Settings as Data } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { Form } from "../../forms/Form";
import { isEdited, Leaving } from "../../forms/Leaving";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Choice, Textarea, TextInput } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { useToast } from "../../ui/Toasts";

const REGISTRATIONS = ["open", "invitation", "closed"] as const;

export function Settings() {
  const { t } = useI18n();
  const settings = useQuery(query);
  const relay = useQuery(about);
  const state = useQuery(status);
  return (
    <Page title={t.admin.settings.title}>
      <div className="grid">
        <Card title={t.admin.settings.title}>
          <Loaded of={settings}>{(data) => <Edit of={data} />}</Loaded>
        </Card>
        <Card title={t.admin.settings.about}>
          <dl className="facts">
            <dt>{t.admin.settings.version}</dt>
            <dd>{relay.data?.version ?? "–"}</dd>
            <dt>{t.admin.settings.url}</dt>
            <dd className="mono">{relay.data?.public_base_url ?? location.origin}</dd>
            <dt>{t.admin.settings.database}</dt>
            <dd>{state.data?.database.kind ?? "–"}</dd>
            <dt>{t.admin.settings.revision}</dt>
            <dd>{state.data?.database.revision ?? "–"}</dd>
          </dl>
          <p className="meta">{t.admin.settings.elsewhere}</p>
        </Card>
      </div>
    </Page>
  );
}

interface SettingsForm {
  name: string;
  notice: string;
  registration: Data["registration"];
}

function formOf(data: Data): SettingsForm {
  return { name: data.name ?? "", notice: data.notice ?? "", registration: data.registration };
}

function Edit({ of }: { of: Data }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(of));
  const [kept, setKept] = useState(form);
  const [revision, setRevision] = useState<number>(of.revision);
  const { name, notice, registration } = form;
  const set = (change: Partial<SettingsForm>) => { setForm({ ...form, ...change }); };
  const take = (form: SettingsForm, base: SettingsForm, revision: number) => {
    setForm(form);
    setKept(base);
    setRevision(revision);
    edit.reset();
  };
  const edit = useSend({
    send: () =>
      ok(
        api.PATCH("/manage/v1/settings", {
          params: { header: ifMatch(revision) },
          body: { name: name.trim() || null, notice: notice.trim() || null, registration },
        }),
      ),
    touches: [["settings"]],
    onDone: (data) => {
      take(formOf(data), formOf(data), data.revision);
      say(t.common.saved);
    },
  });
  const theirs = async () => {
    const now = await client.fetchQuery({ ...query, staleTime: 0 });
    return { form: formOf(now), revision: now.revision };
  };
  return (
    <Form action={t.common.save} busy={edit.busy} failure={edit.conflict ? null : edit.failure} onSend={edit.send}>
      <TextInput label={t.admin.settings.name} maxLength={100} value={name} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
      <Textarea label={t.admin.settings.notice} description={t.admin.settings.noticeHelp} rows={3} maxLength={2000} value={notice} onChange={(event) => { set({ notice: event.currentTarget.value }); }} />
      <Choice
        label={t.admin.settings.registration}
        value={registration}
        data={REGISTRATIONS.map((each) => ({ value: each, label: t.admin.settings[each] }))}
        onChange={(event) => { set({ registration: REGISTRATIONS.find((each) => each === event.currentTarget.value) ?? "invitation" }); }}
      />
      <Leaving dirty={isEdited(form, kept)} />
      {edit.conflict && (
        <Conflict
          base={kept}
          mine={form}
          theirs={theirs}
          words={{ name: t.admin.settings.name, notice: t.admin.settings.notice, registration: t.admin.settings.registration }}
          say={(field, value) => (field === "registration" ? t.admin.settings[value as SettingsForm["registration"]] : undefined)}
          onTake={take}
        />
      )}
    </Form>
  );
}
