/** A form with its error and its buttons, alike everywhere. */
import type { ReactNode } from "react";
import type { Explained } from "../api/errors";
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";
import { FormError } from "../ui/states";

interface Props {
  action: string;
  busy: boolean;
  failure: Explained | null;
  onSend: () => void;
  onCancel?: () => void;
  children: ReactNode;
}

export function Form({ action, busy, failure, onSend, onCancel, children }: Props) {
  const { t } = useI18n();
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSend();
      }}
    >
      {children}
      <FormError failure={failure} />
      <div className="row row-end">
        {onCancel && <Button onClick={onCancel}>{t.common.cancel}</Button>}
        <Button kind="primary" type="submit" busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
