/** Somebody else changed what is being edited: theirs, or mine over it. */
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";

export function Conflict({ onMine, onTheirs }: { onMine: () => void; onTheirs: () => void }) {
  const { t } = useI18n();
  return (
    <div className="note stack" data-tone="warn" role="alert">
      <strong>{t.common.changedTitle}</strong>
      <p>{t.common.changedText}</p>
      <div className="row">
        <Button onClick={onTheirs}>{t.common.takeTheirs}</Button>
        <Button onClick={onMine}>{t.common.keepMine}</Button>
      </div>
    </div>
  );
}
