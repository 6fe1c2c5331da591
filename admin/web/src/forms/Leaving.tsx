/** Whoever leaves a form with changes that are not saved is told, and may stay. */
import { useBlocker } from "@tanstack/react-router";
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";

/** Forms are flat texts and switches, so that their words tell whether they differ. */
export function isEdited<T>(form: T, kept: T): boolean {
  return JSON.stringify(form) !== JSON.stringify(kept);
}

/** `dirty`: there is something to lose. Filters and drawers of the same page lose nothing. */
export function Leaving({ dirty }: { dirty: boolean }) {
  const { t } = useI18n();
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog title={t.common.dirty} onClose={blocker.reset} guarded={false}>
      <div className="stack">
        <p>{t.common.dirtyText}</p>
        <div className="row row-end">
          <Button data-autofocus kind="primary" onClick={blocker.reset}>{t.common.stay}</Button>
          <Button kind="danger" sends={false} onClick={blocker.proceed}>{t.common.leave}</Button>
        </div>
      </div>
    </Dialog>
  );
}
