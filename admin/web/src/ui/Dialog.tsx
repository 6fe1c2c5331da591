/** Dialogs: focus goes in and comes back, Escape closes. */
import { Modal } from "@mantine/core";
import { type ReactNode, type SyntheticEvent, useContext, useRef, useState } from "react";
import { useI18n } from "../i18n";
import { Button } from "./Button";
import { Cancel, CloseDialog } from "./Cancel";
import { TextInput } from "./fields";
import { Guard } from "./Guard";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Whether Escape and a click beside it close it, and whether there is a cross. */
  closable?: boolean;
  /** Whether what was typed into its form is worth a question when it is closed by Escape, the cross or Cancel. */
  guarded?: boolean;
  size?: "md" | "lg" | "xl";
}

export function Dialog({ title, onClose, children, closable = true, guarded = closable, size = "md" }: DialogProps) {
  const { t } = useI18n();
  const keep = useContext(Guard);
  const content = useRef<HTMLDivElement>(null);
  const [asking, setAsking] = useState(false);
  // What is sent may lead to another page; it is a change again when it is changed again.
  const [touched, setTouched] = useState<"no" | "yes" | "sent">("no");
  const touch = ({ target }: SyntheticEvent) => {
    if (guarded && target instanceof Element && target.closest("form")) setTouched("yes");
  };
  // Where the form has given way to what came of it, there is nothing to lose.
  const loses = () => touched !== "no" && content.current?.querySelector("form") !== null;
  const close = () => {
    if (loses()) setAsking(!asking);
    else onClose();
  };
  const cancel = () => {
    if (loses()) setAsking(true);
    else onClose();
  };
  return (
    <Modal
      opened
      onClose={close}
      title={title}
      size={size}
      centered
      closeOnClickOutside={false}
      closeOnEscape={closable}
      withCloseButton={closable}
      closeButtonProps={{ "aria-label": t.common.close }}
      styles={{ title: { fontWeight: 600, fontSize: 16 } }}
    >
      {asking && (
        <div className="note stack over-form" data-tone="warn" role="alert">
          <p>
            <strong>{t.common.dirty}</strong> {t.common.dirtyClose}
          </p>
          <div className="row">
            <Button autoFocus onClick={() => { setAsking(false); }}>{t.common.stay}</Button>
            <Button kind="danger" sends={false} onClick={onClose}>{t.common.discard}</Button>
          </div>
        </div>
      )}
      <div ref={content} onChange={touch} onSubmit={() => { setTouched(touched === "no" ? "no" : "sent"); }}>
        <CloseDialog value={cancel}>{children}</CloseDialog>
      </div>
      {keep(touched === "yes")}
    </Modal>
  );
}

interface ConfirmProps {
  title: string;
  text: string;
  /** What must be typed. */
  name: string;
  action: string;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children?: ReactNode;
}

/** For what is final: says what is lost and what stays, and wants the name typed. Focus begins on Cancel. */
export function Confirm({ title, text, name, action, busy, onConfirm, onClose, children }: ConfirmProps) {
  const { t } = useI18n();
  const [typed, setTyped] = useState("");
  const sure = typed.trim() === name;
  return (
    <Dialog title={title} onClose={onClose} guarded={false}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (sure && !busy) onConfirm();
        }}
      >
        <p>{text}</p>
        {children}
        <TextInput
          label={t.common.typeToConfirm(name)}
          value={typed}
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        <div className="row row-end">
          <Cancel data-autofocus onClose={onClose} />
          <Button kind="danger" type="submit" busy={busy} whyNot={sure ? null : t.common.typeToConfirm(name)}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
