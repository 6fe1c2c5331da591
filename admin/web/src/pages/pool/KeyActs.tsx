/** What an admin can do with a key of the pool. */
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import type { PoolKey } from "../../api/types";
import { Remove } from "../../forms/Remove";
import { useAct, useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { pauseAtOnce } from "../contribute/pauseAtOnce";
import { EditKey } from "./EditKey";
import { useKeyName } from "./useNames";

const TOUCHES = [["pool_key"], ["limits"]];
type Open = "pause" | "withdraw" | "edit" | null;

export function KeyActs({ of: key }: { of: PoolKey }) {
  const { t } = useI18n();
  const say = useToast();
  const name = useKeyName()(key);
  const [open, setOpen] = useState<Open>(null);
  const close = () => { setOpen(null); };
  const params = { path: { id: key.id } };
  const check = useAct({
    send: () => ok(api.POST("/manage/v1/pool-keys/{id}/check", { params })),
    touches: TOUCHES,
    onDone: () => { say(t.poolPage.rechecking); },
  });
  const reset = useAct({
    send: () => ok(api.POST("/manage/v1/pool-keys/bulk", { body: { do: "reset", ids: [key.id] }, params: { header: once() } })),
    touches: [...TOUCHES, ["job"]],
    onDone: () => { say(t.poolPage.resetDone); },
  });
  const pause = key.holds.find((hold) => hold.kind === "paused");
  const turn = {
    send: (state: "active" | "paused") => ok(api.PATCH("/manage/v1/pool-keys/{id}", { params, body: { state } })),
    touches: TOUCHES,
    atOnce: pauseAtOnce(key.id, "admin", pause?.reason ?? null),
  };
  const again = useAct(turn);
  const resume = useAct({ ...turn, onDone: () => { say(t.poolPage.resumed(name), () => { again.act("paused"); }); } });
  if (key.standing.state === "withdrawn") return null;
  const isResting = key.standing.state === "cooling" || key.standing.state === "drained";
  return (
    <>
      <Button size="small" busy={check.busy} onClick={() => { check.act(); }}>{t.poolPage.recheck}</Button>
      {isResting && <Button size="small" busy={reset.busy} onClick={() => { reset.act(); }}>{t.poolPage.reset}</Button>}
      {pause ? (
        <Button size="small" busy={resume.busy} whyNot={pause.by === "contributor" ? t.poolPage.theirPause : null} onClick={() => { resume.act("active"); }}>
          {t.poolPage.resume}
        </Button>
      ) : (
        <Button size="small" onClick={() => { setOpen("pause"); }}>{t.poolPage.pause}</Button>
      )}
      <Button size="small" onClick={() => { setOpen("edit"); }}>{t.poolPage.edit}</Button>
      <Button size="small" kind="danger" onClick={() => { setOpen("withdraw"); }}>{t.poolPage.withdraw}</Button>
      {open === "pause" && <Pause of={key} name={name} onClose={close} />}
      {open === "withdraw" && (
        <Remove
          name={name}
          title={t.poolPage.withdrawTitle(name)}
          text={t.poolPage.withdrawText}
          action={t.poolPage.withdraw}
          done={t.poolPage.withdrawn(name)}
          send={() => ok(api.POST("/manage/v1/pool-keys/{id}/withdraw", { params }))}
          touches={TOUCHES}
          onClose={close}
        />
      )}
      {open === "edit" && <EditKey of={key} name={name} onClose={close} />}
    </>
  );
}

/** It asks for the reason, which its contributor sees; it can be gone back on. */
function Pause({ of: key, name, onClose }: { of: PoolKey; name: string; onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [reason, setReason] = useState("");
  const params = { path: { id: key.id } };
  const back = useAct({
    send: (state: "active") => ok(api.PATCH("/manage/v1/pool-keys/{id}", { params, body: { state } })),
    touches: TOUCHES,
    atOnce: pauseAtOnce(key.id, "admin"),
  });
  const { send, busy, failure } = useSend({
    send: () => ok(api.PATCH("/manage/v1/pool-keys/{id}", { params, body: { state: "paused", ...(reason.trim() === "" ? {} : { reason: reason.trim() }) } })),
    touches: TOUCHES,
    onDone: () => {
      onClose();
      say(t.poolPage.paused(name), () => { back.act("active"); });
    },
  });
  return (
    <Dialog title={t.poolPage.pauseTitle(name)} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) send();
        }}
      >
        <p>{t.poolPage.pauseText}</p>
        <TextInput label={t.poolPage.reason} maxLength={100} data-autofocus value={reason} onChange={(event) => { setReason(event.currentTarget.value); }} />
        <FormError failure={failure} />
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={busy}>{t.poolPage.pause}</Button>
        </div>
      </form>
    </Dialog>
  );
}
