/** Leaves a form as Escape does: within a dialog that has something to lose, it asks first. */
import { type ButtonHTMLAttributes, createContext, useContext } from "react";
import { useI18n } from "../i18n";
import { Button } from "./Button";

/** How the dialog around it is closed by a button; `null` where there is none. */
export const CloseDialog = createContext<(() => void) | null>(null);

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  onClose: () => void;
}

export function Cancel({ onClose, ...rest }: Props) {
  const { t } = useI18n();
  const close = useContext(CloseDialog) ?? onClose;
  return (
    <Button {...rest} onClick={() => { close(); }}>
      {t.common.cancel}
    </Button>
  );
}
