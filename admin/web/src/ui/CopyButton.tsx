/** Copies a text and says whether it could. */
import { useState } from "react";
import { useI18n } from "../i18n";
import { copy } from "../lib/clipboard";
import { Button } from "./Button";

interface Props {
  text: string;
  label?: string;
  size?: "usual" | "small";
  onFailed?: () => void;
}

export function CopyButton({ text, label, size = "usual", onFailed }: Props) {
  const { t } = useI18n();
  const [said, setSaid] = useState<string | null>(null);
  return (
    <>
      <Button
        size={size}
        onClick={() => {
          void copy(text).then((done) => {
            setSaid(done ? t.common.copied : t.common.copyFailed);
            if (!done) onFailed?.();
            setTimeout(() => {
              setSaid(null);
            }, 3000);
          });
        }}
      >
        {said ?? label ?? t.common.copy}
      </Button>
      <span className="visually-hidden" role="status">
        {said}
      </span>
    </>
  );
}
