/** Times: how long ago, with the exact one on hover, focus and tap; and until when, by the server's clock. */
import { Tooltip } from "@mantine/core";
import { useI18n } from "../i18n";
import { useNow } from "../lib/clock";

export function Ago({ at, never }: { at: number | null | undefined; never?: string }) {
  const { f } = useI18n();
  const now = useNow();
  if (at === null || at === undefined) return <>{never ?? f.none}</>;
  return (
    <Tooltip label={f.full(at)}>
      <time dateTime={new Date(at).toISOString()}>{f.ago(at, now)}</time>
    </Tooltip>
  );
}

/** What is left until then; nothing once it is over. */
export function Countdown({ until }: { until: number }) {
  const { f } = useI18n();
  const left = until - useNow();
  return <span>{f.span(Math.max(0, Math.ceil(left / 1000) * 1000))}</span>;
}
