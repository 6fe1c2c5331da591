/**
 * A place that waits for the server: loading, failed or there. Old data stays while new data comes; what answered another
 * question (a filter, a range) is dimmed until then, and said to be busy.
 */
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { explain } from "../api/errors";
import { useI18n } from "../i18n";
import { ErrorPanel, Loading } from "../ui/states";

interface Props<T> {
  of: UseQueryResult<T>;
  lines?: number;
  children: (data: T) => ReactNode;
}

export function Loaded<T>({ of, lines, children }: Props<T>) {
  const { t, f } = useI18n();
  if (of.data !== undefined) {
    return (
      <div className="loaded" aria-busy={of.isPlaceholderData || undefined}>
        {children(of.data)}
      </div>
    );
  }
  if (of.error !== null) {
    const retry = () => void of.refetch();
    return <ErrorPanel title={t.failure.panel} failure={explain(of.error, t, f)} onRetry={retry} />;
  }
  return <Loading lines={lines} />;
}
