/** How a request ended: a sign, a word, and the status where one was sent. */
import type { MyRequest, StatusClass } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Badge, type Tone } from "../../ui/Badge";

const LOOK: Record<StatusClass, [Tone, string]> = {
  ok: ["ok", "✓"],
  left: ["off", "○"],
  limited: ["warn", "⊘"],
  refused: ["warn", "⊘"],
  upstream_refused: ["warn", "⊘"],
  upstream_failed: ["bad", "✕"],
  unserved: ["bad", "✕"],
};

export function Outcome({ of }: { of: Pick<MyRequest, "class" | "status"> }) {
  const { t } = useI18n();
  const [tone, glyph] = (LOOK as Partial<typeof LOOK>)[of.class] ?? ["off", "·"];
  const word = (t.traffic.class as Partial<Record<StatusClass, string>>)[of.class] ?? of.class;
  return (
    <Badge tone={tone} glyph={glyph}>
      {word}
      {of.class !== "ok" && of.status > 0 && ` ${of.status}`}
    </Badge>
  );
}
