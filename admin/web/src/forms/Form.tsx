/** A form with its error and its buttons, alike everywhere. */
import type { ReactNode } from "react";
import type { Explained } from "../api/errors";
import { Button } from "../ui/Button";
import { Cancel } from "../ui/Cancel";
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
        {onCancel && <Cancel onClose={onCancel} />}
        <Button kind="primary" type="submit" busy={busy}>
          {action}
        </Button>
      </div>
    </form>
  );
}
