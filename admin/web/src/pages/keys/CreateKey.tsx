/** Making a client key: one field, and limits for those who want them. */
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { FormError } from "../../ui/states";
import { bodyOf, EMPTY_KEY, KeyFields } from "./KeyFields";
import type { Shown } from "./KeyOnce";

export function CreateKey({ onMade, onClose }: { onMade: (shown: Shown) => void; onClose: () => void }) {
  const { t } = useI18n();
  const [form, setForm] = useState(EMPTY_KEY);
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/me/keys", { body: bodyOf(form), params: { header: once() } })),
    touches: [["client_key"]],
    onDone: ({ text, key }) => {
      onMade({ id: key.id, text: text ?? null, name: key.name });
    },
  });
  return (
    <Dialog title={t.keys.createTitle} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) send();
        }}
      >
        <KeyFields form={form} onChange={setForm} field={failure?.field ?? null} why={failure?.detail ?? null} />
        <p className="meta text">{t.keys.provider}</p>
        <FormError failure={failure} />
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={busy}>
            {t.common.create}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
