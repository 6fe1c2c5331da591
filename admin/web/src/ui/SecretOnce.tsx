/**
 * A text that is shown this once.
 *
 * Invariant: it is in this component's state and nowhere else: in no cache, URL, storage or report; closing forgets it,
 * and closing wants to hear that it is stored.
 */
import { type ReactNode, useRef, useState } from "react";
import { useI18n } from "../i18n";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";
import { Dialog } from "./Dialog";
import { Checkbox } from "./fields";

interface Props {
  title: string;
  text: string;
  /** What it is; read out, and the file's name. */
  label: string;
  explained: string;
  /** A file to keep it in. */
  file?: { name: string; content: string };
  onDone: () => void;
  children?: ReactNode;
}

export function SecretOnce({ title, text, label, explained, file, onDone, children }: Props) {
  const { t } = useI18n();
  const [stored, setStored] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const area = useRef<HTMLTextAreaElement>(null);
  const select = () => {
    (field.current ?? area.current)?.select();
  };
  const lines = text.split("\n").length;
  return (
    <Dialog title={title} onClose={() => undefined} closable={false} size="lg">
      <div className="stack">
        <p>{explained}</p>
        {lines > 1 ? (
          <textarea ref={area} className="secret" readOnly rows={lines} value={text} aria-label={label} onFocus={select} />
        ) : (
          <input ref={field} className="secret" readOnly value={text} aria-label={label} onFocus={select} data-autofocus />
        )}
        <div className="row">
          <CopyButton text={text} onFailed={select} />
          {file && <Button onClick={() => { save(file.name, file.content); }}>{t.keys.downloadEnv}</Button>}
        </div>
        {children}
        <div className="row spread">
          <Checkbox
            label={t.keys.stored}
            checked={stored}
            onChange={(event) => {
              setStored(event.currentTarget.checked);
            }}
          />
          <Button kind="primary" whyNot={stored ? null : t.keys.stored} onClick={onDone}>
            {t.common.done}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Hands a text over as a file. */
export function save(name: string, content: string, kind = "text/plain"): void {
  const url = URL.createObjectURL(new Blob([content], { type: kind }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
