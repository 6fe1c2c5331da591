/** Dialogs: focus goes in and comes back, Escape closes. */
import { Modal } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useI18n } from "../i18n";
import { Button } from "./Button";
import { TextInput } from "./fields";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Whether Escape and a click beside it close it, and whether there is a cross. */
  closable?: boolean;
  size?: "md" | "lg" | "xl";
}

export function Dialog({ title, onClose, children, closable = true, size = "md" }: DialogProps) {
  const { t } = useI18n();
  return (
    <Modal
      opened
      onClose={onClose}
      title={title}
      size={size}
      centered
      closeOnClickOutside={false}
      closeOnEscape={closable}
      withCloseButton={closable}
      closeButtonProps={{ "aria-label": t.common.close }}
      styles={{ title: { fontWeight: 600, fontSize: 16 } }}
    >
      {children}
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
    <Dialog title={title} onClose={onClose}>
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
          <Button data-autofocus onClick={onClose}>
            {t.common.cancel}
          </Button>
          <Button kind="danger" type="submit" busy={busy} whyNot={sure ? null : t.common.typeToConfirm(name)}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
