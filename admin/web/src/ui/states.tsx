/** What a place shows that has nothing to show: loading, empty, failed. One of each, for all pages. */
import { type ReactNode, useEffect, useState } from "react";
import { useI18n } from "../i18n";
import { Button } from "./Button";
import { CopyButton } from "./CopyButton";

/** The layout's bones, after a moment; after long, words. */
export function Loading({ lines = 3 }: { lines?: number }) {
  const { t } = useI18n();
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      setSlow(true);
    }, 8000);
    return () => {
      clearTimeout(timer);
    };
  }, []);
  return (
    <div className="stack" aria-busy="true">
      <span className="visually-hidden">{t.common.loading}</span>
      {slow && <p className="muted">{t.common.slow}</p>}
      <div className="skeleton" aria-hidden="true">
        {Array.from({ length: lines }, (_, line) => (
          <i key={line} />
        ))}
      </div>
    </div>
  );
}

export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="stack-s">
      <p className="muted">{text}</p>
      {children !== undefined && <div className="row">{children}</div>}
    </div>
  );
}

export interface Failure {
  text: string;
  detail: string | null;
  requestId: string | null;
}

/** What failed, and the way out; stays in its panel. */
export function ErrorPanel({ title, failure, onRetry }: { title: string; failure: Failure; onRetry?: () => void }) {
  const { t } = useI18n();
  const details = [failure.text, failure.detail, failure.requestId && `${t.failure.requestId} ${failure.requestId}`];
  return (
    <div className="note stack-s" data-tone="bad" role="alert">
      <strong>{title}</strong>
      <p>{failure.text}</p>
      {failure.detail !== null && <p>{failure.detail}</p>}
      {failure.requestId !== null && (
        <p className="mono">
          {t.failure.requestId} {failure.requestId}
        </p>
      )}
      <div className="row">
        {onRetry && (
          <Button size="small" onClick={onRetry}>
            {t.common.retry}
          </Button>
        )}
        <CopyButton label={t.failure.copyDetails} text={details.filter(Boolean).join("\n")} size="small" />
      </div>
    </div>
  );
}

/** The same inside of a form. */
export function FormError({ failure }: { failure: Failure | null }) {
  if (failure === null) return null;
  return (
    <div className="note" data-tone="bad" role="alert">
      <p>{failure.text}</p>
      {failure.detail !== null && <p>{failure.detail}</p>}
    </div>
  );
}
