/** The session has ended: one signs in over the page, and what was typed below is still there. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { session } from "../api/queries/mine";
import { onExpiry } from "../api/session";
import { SignInForm } from "../forms/SignInForm";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { useWho } from "./useWho";

export function SessionOver() {
  const { t } = useI18n();
  const client = useQueryClient();
  const [over, setOver] = useState(false);
  const who = useWho();
  useEffect(() => onExpiry(setOver), []);
  if (!over) return null;
  return (
    <Dialog title={t.entry.signIn} onClose={() => undefined} closable={false}>
      <div className="stack" role="alert">
        <p>{t.entry.expired}</p>
      </div>
      <SignInForm
        name={who.name}
        onDone={() => {
          setOver(false);
          void client.invalidateQueries({ queryKey: session.queryKey });
          void client.invalidateQueries();
        }}
      />
    </Dialog>
  );
}
