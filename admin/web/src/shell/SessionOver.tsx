/** The session has ended: one signs in over the page, and what was typed below is still there. */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { session } from "../api/queries/mine";
import { onExpiry, tellExpired } from "../api/session";
import { takeRefused } from "../forms/refused";
import { SignInForm } from "../forms/SignInForm";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { NoConnection } from "../ui/Offline";
import { useToast } from "../ui/Toasts";
import { useWho } from "./useWho";

export function SessionOver() {
  const { t } = useI18n();
  const client = useQueryClient();
  const say = useToast();
  const [over, setOver] = useState(false);
  const who = useWho();
  useEffect(() => onExpiry(setOver), []);
  if (!over) return null;
  const signedIn = async () => {
    tellExpired(false);
    const again = takeRefused();
    const now = await client.fetchQuery({ ...session, staleTime: 0 });
    // Somebody else must find neither the pages nor what was about to be sent.
    if (now?.user !== who.user) {
      location.reload();
      return;
    }
    void client.invalidateQueries();
    if (again) say(t.entry.notSent, again, t.entry.sendAgain);
  };
  return (
    <Dialog title={t.entry.signIn} onClose={() => undefined} closable={false}>
      <div className="stack" role="alert">
        <p>{t.entry.expired}</p>
      </div>
      {/* The stream ends with the session, and only this brings it back: without it one can still sign in. */}
      <NoConnection value={null}>
        <SignInForm name={who.name} onDone={() => void signedIn()} />
      </NoConnection>
    </Dialog>
  );
}
