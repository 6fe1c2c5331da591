/** How a node is: what people decided stands above what its checks say. */
import type { Node } from "../../api/types";
import { useI18n } from "../../i18n";
import { Badge, type Tone } from "../../ui/Badge";

type Standing = "active" | "resting" | "unhealthy" | "recovering" | "draining" | "removed" | "unknown";

const LOOK: Record<Standing, [Tone, string]> = {
  active: ["ok", "✓"],
  resting: ["wait", "◷"],
  unhealthy: ["bad", "✕"],
  recovering: ["wait", "…"],
  draining: ["off", "‖"],
  removed: ["final", "■"],
  unknown: ["off", "?"],
};

export function standingOf(node: Node): Standing {
  if (node.state !== "active") return node.state;
  const live = node.live;
  if (live?.cooling) return "resting";
  if (live?.health === "unhealthy" || live?.health === "recovering") return live.health;
  return live?.health === "healthy" ? "active" : "unknown";
}

export function NodeBadge({ of: node }: { of: Node }) {
  const { t } = useI18n();
  const standing = standingOf(node);
  const words: Record<Standing, string> = {
    active: t.states.word.healthy,
    resting: t.nodesPage.resting,
    unhealthy: t.supply.moreStates.unhealthy,
    recovering: t.supply.moreStates.recovering,
    draining: t.supply.moreStates.draining,
    removed: t.supply.moreStates.removed,
    unknown: t.supply.moreStates.not_checked,
  };
  const [tone, glyph] = LOOK[standing];
  return <Badge tone={tone} glyph={glyph}>{words[standing]}</Badge>;
}

export function LastCheck({ of: node }: { of: Node }) {
  const { t, f } = useI18n();
  const check = node.live?.last_check;
  if (!check) return f.none;
  const time = f.ago(0, check.ago_ms);
  return check.ok
    ? t.nodesPage.checkOk(time, f.ms(check.latency_ms))
    : t.nodesPage.checkBad(time, check.error ?? String(check.status ?? t.common.unknown));
}
