/** Saying that one is at it, so that not everybody is. */
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { Finding } from "../../api/queries/watch";
import { Form } from "../../forms/Form";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import { Dialog } from "../../ui/Dialog";
import { Choice, TextInput } from "../../ui/fields";
import { useToast } from "../../ui/Toasts";

const HOUR = 3_600_000;
const SPANS = { over: null, hour: HOUR, shift: 8 * HOUR, day: 24 * HOUR } as const;
type Span = keyof typeof SPANS;
const NAMES = Object.keys(SPANS) as Span[];

export function Acknowledge({ of: finding, onClose }: { of: Finding; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [note, setNote] = useState("");
  const [span, setSpan] = useState<Span>("over");
  const { send, busy, failure } = useSend({
    send: () => {
      const length = SPANS[span];
      return ok(
        api.POST("/manage/v1/findings/{id}/acknowledge", {
          params: { path: { id: finding.id } },
          body: { note: note.trim() || null, until: length === null ? null : Math.round(serverNow() + length) },
        }),
      );
    },
    touches: [["finding"]],
    onDone: () => {
      onClose();
      say(t.nowPage.acknowledged);
    },
  });
  return (
    <Dialog title={t.nowPage.acknowledgeTitle} onClose={onClose}>
      <Form action={t.nowPage.acknowledge} busy={busy} failure={failure} onSend={send} onCancel={onClose}>
        <p>{t.nowPage.acknowledgeText}</p>
        <TextInput label={t.nowPage.note} maxLength={200} data-autofocus value={note} onChange={(event) => { setNote(event.currentTarget.value); }} />
        <Choice
          label={t.nowPage.until}
          value={span}
          data={NAMES.map((each) => ({ value: each, label: t.nowPage.untils[each] }))}
          onChange={(event) => { setSpan(NAMES.find((each) => each === event.currentTarget.value) ?? "over"); }}
        />
      </Form>
    </Dialog>
  );
}
