/** A client key's state, its end counted in. */
import type { ClientKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import { Badge } from "../../ui/Badge";

export function isExpired(key: ClientKey): boolean {
  return key.expires_at !== null && key.expires_at !== undefined && key.expires_at <= serverNow();
}

export function KeyBadge({ of }: { of: ClientKey }) {
  const { t } = useI18n();
  const words = t.keys.state;
  if (of.state === "revoked") return <Badge tone="final" glyph="■">{words.revoked}</Badge>;
  if (of.state === "disabled") return <Badge tone="off" glyph="‖">{words.disabled}</Badge>;
  if (isExpired(of)) return <Badge tone="warn" glyph="○">{words.expired}</Badge>;
  return <Badge tone="ok" glyph="✓">{words.active}</Badge>;
}
