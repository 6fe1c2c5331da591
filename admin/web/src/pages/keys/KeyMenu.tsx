/** The acts on a client key, and the dialogs that they open. */
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import type { ClientKey } from "../../api/types";
import { Remove } from "../../forms/Remove";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button, IconButton } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Choice } from "../../ui/fields";
import { Menu } from "../../ui/Menu";
import { FormError } from "../../ui/states";
import { KeyOnce, type Shown } from "./KeyOnce";
import { useSwitchKey } from "./keyActs";
import { Snippets } from "./Snippets";

type Open = "use" | "rotate" | "revoke" | null;

export function KeyMenu({ of: key }: { of: ClientKey }) {
  const { t } = useI18n();
  const [open, setOpen] = useState<Open>(null);
  const [shown, setShown] = useState<Shown | null>(null);
  const turn = useSwitchKey(key);
  const close = () => {
    setOpen(null);
  };
  if (key.state === "revoked") return null;
  const isOff = key.state === "disabled";
  return (
    <>
      <Button size="small" onClick={() => { setOpen("use"); }}>
        {t.keys.use}
      </Button>
      <Menu
        target={
          <IconButton label={`${t.common.actions}: ${key.name}`}>
            <IconDots size={18} aria-hidden />
          </IconButton>
        }
        items={[
          { label: t.keys.rotate, onClick: () => { setOpen("rotate"); } },
          { label: isOff ? t.keys.enable : t.keys.disable, onClick: () => { turn.act(isOff ? "active" : "disabled"); } },
          null,
          { label: t.keys.revoke, danger: true, onClick: () => { setOpen("revoke"); } },
        ]}
      />
      {open === "use" && (
        <Dialog title={t.keys.useTitle} onClose={close} size="lg">
          <Snippets />
        </Dialog>
      )}
      {open === "rotate" && <Rotate of={key} onClose={close} onMade={(made) => { close(); setShown(made); }} />}
      {open === "revoke" && (
        <Remove
          name={key.name}
          title={t.keys.revokeTitle(key.name)}
          text={t.keys.revokeText}
          action={t.keys.revoke}
          done={t.keys.revoked(key.name)}
          send={() => ok(api.POST("/manage/v1/me/keys/{id}/revoke", { params: { path: { id: key.id } } }))}
          touches={[["client_key"]]}
          onClose={close}
        />
      )}
      {shown && <KeyOnce shown={shown} onDone={() => { setShown(null); }} />}
    </>
  );
}

const HOUR = 3600;

function Rotate({ of: key, onClose, onMade }: { of: ClientKey; onClose: () => void; onMade: (shown: Shown) => void }) {
  const { t } = useI18n();
  const [lives, setLives] = useState(String(24 * HOUR));
  const { send, busy, failure } = useSend({
    send: () =>
      ok(
        api.POST("/manage/v1/me/keys/{id}/rotate", {
          params: { path: { id: key.id }, header: once() },
          body: { old_lives: Number(lives) },
        }),
      ),
    touches: [["client_key"]],
    onDone: ({ text }) => {
      onMade({ id: key.id, text: text ?? null, name: key.name });
    },
  });
  return (
    <Dialog title={t.keys.rotateTitle(key.name)} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) send();
        }}
      >
        <p>{t.keys.rotateText}</p>
        <Choice
          label={t.keys.oldLives}
          value={lives}
          data={[
            { value: "0", label: t.keys.oldNow },
            { value: String(HOUR), label: t.keys.oldHour },
            { value: String(24 * HOUR), label: t.keys.oldDay },
            { value: String(7 * 24 * HOUR), label: t.keys.oldWeek },
          ]}
          onChange={(event) => {
            setLives(event.currentTarget.value);
          }}
        />
        <FormError failure={failure} />
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind="primary" type="submit" busy={busy}>
            {t.keys.rotate}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
