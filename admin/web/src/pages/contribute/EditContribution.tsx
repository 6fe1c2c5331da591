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
import { Dialog } from "../../ui/Dialog";
import { TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { capsBody, CapsFields, capsForm } from "./CapsFields";

export function EditContribution({ of: key, onClose }: { of: MyPoolKey; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const upstreams = useQuery(myUpstreams);
  const [label, setLabel] = useState(key.label);
  const [caps, setCaps] = useState(() => capsForm(key.caps));
  const [revision, setRevision] = useState<number>(key.revision);
  const kind = upstreams.data?.items.find((each) => each.name === key.upstream)?.kind;
  const edit = useSend({
    send: (over: boolean) =>
      ok(
        api.PATCH("/manage/v1/me/pool-keys/{id}", {
          params: { path: { id: key.id }, header: ifMatch(over ? null : revision) },
          body: { label: label.trim(), caps: capsBody(caps) },
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
    setLabel(now.label);
    setCaps(capsForm(now.caps));
    setRevision(now.revision);
    edit.reset();
  };
  return (
    <Dialog title={t.contribute.editRules} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send(false);
        }}
      >
        <TextInput label={t.contribute.label} maxLength={100} data-autofocus value={label} onChange={(event) => { setLabel(event.currentTarget.value); }} />
        <CapsFields form={caps} onChange={setCaps} anlas={kind === undefined || kind === "novelai"} />
        {edit.conflict ? <Conflict onMine={() => { edit.send(true); }} onTheirs={() => void theirs()} /> : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Button onClick={onClose}>{t.common.cancel}</Button>
          <Button kind="primary" type="submit" busy={edit.busy}>
            {t.common.save}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
