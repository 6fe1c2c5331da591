/** Editing the name and the rules of a key that I brought. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok } from "../../api/client";
import { myPoolKey, myUpstreams } from "../../api/queries/mine";
import type { MyPoolKey } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { capsBody, CapsFields, type CapsForm, capsForm, useCapsWords } from "./CapsFields";

interface ContributionForm extends CapsForm {
  label: string;
}

function formOf(key: MyPoolKey): ContributionForm {
  return { label: key.label, ...capsForm(key.caps) };
}

export function EditContribution({ of: key, onClose }: { of: MyPoolKey; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const upstreams = useQuery(myUpstreams);
  const [form, setForm] = useState(() => formOf(key));
  const [base, setBase] = useState(form);
  const [revision, setRevision] = useState<number>(key.revision);
  const kind = upstreams.data?.items.find((each) => each.name === key.upstream)?.kind;
  const edit = useSend({
    send: () =>
      ok(
        api.PATCH("/manage/v1/me/pool-keys/{id}", {
          params: { path: { id: key.id }, header: ifMatch(revision) },
          body: { label: form.label.trim(), caps: capsBody(form) },
        }),
      ),
    touches: [["pool_key"], ["limits"]],
    onDone: () => {
      say(t.common.saved);
      onClose();
    },
  });
  const theirs = async () => {
    const now = await client.fetchQuery({ ...myPoolKey(key.id), staleTime: 0 });
    return { form: formOf(now), revision: now.revision };
  };
  const take = (form: ContributionForm, base: ContributionForm, revision: number) => {
    setForm(form);
    setBase(base);
    setRevision(revision);
    edit.reset();
  };
  const words = { label: t.contribute.label, ...useCapsWords() };
  return (
    <Dialog title={t.contribute.editRules} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send();
        }}
      >
        <TextInput label={t.contribute.label} maxLength={100} data-autofocus value={form.label} onChange={(event) => { setForm({ ...form, label: event.currentTarget.value }); }} />
        <CapsFields form={form} onChange={(caps) => { setForm({ ...form, ...caps }); }} anlas={kind === undefined || kind === "novelai"} />
        {edit.conflict ? <Conflict base={base} mine={form} theirs={theirs} words={words} onTake={take} /> : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={edit.busy}>
            {t.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
