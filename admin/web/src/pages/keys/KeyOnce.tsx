/** A client key's text, this once, with what to paste where. */
import { useI18n } from "../../i18n";
import { Dialog } from "../../ui/Dialog";
import { SecretOnce } from "../../ui/SecretOnce";
import { Button } from "../../ui/Button";
import { FirstRequest } from "./FirstRequest";
import { Snippets } from "./Snippets";

export interface Shown {
  id: number;
  text: string | null;
  name: string;
}

export function KeyOnce({ shown, onDone }: { shown: Shown; onDone: () => void }) {
  const { t } = useI18n();
  if (shown.text === null) {
    return (
      <Dialog title={t.keys.onceTitle} onClose={onDone}>
        <div className="stack">
          <p>{t.keys.secretGone}</p>
          <Button onClick={onDone}>{t.common.close}</Button>
        </div>
      </Dialog>
    );
  }
  const file = { name: `${shown.name.replace(/[^\w.-]+/g, "-")}.env`, content: `POTLUCK_KEY=${shown.text}\n` };
  return (
    <SecretOnce title={t.keys.onceTitle} text={shown.text} label={t.keys.secretLabel} explained={t.keys.once} file={file} onDone={onDone}>
      <Snippets secret={shown.text} />
      <FirstRequest id={shown.id} />
    </SecretOnce>
  );
}
