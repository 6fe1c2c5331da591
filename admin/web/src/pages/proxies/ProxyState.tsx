/** How a proxy fares on the way to each upstream; what one refuses another may let through. */
import type { components } from "../../api/generated/schema";
import type { OutboundProxy } from "../../api/types";
import { useI18n } from "../../i18n";
import { Badge, type Tone } from "../../ui/Badge";

type Health = components["schemas"]["ProxyHealth"];

const LOOK: Record<Health, [Tone, string]> = {
  unknown: ["off", "?"],
  healthy: ["ok", "✓"],
  cooling: ["wait", "◷"],
};

export function ProxyBadges({ of: proxy }: { of: OutboundProxy }) {
  const { t, f } = useI18n();
  if (!proxy.enabled) return <Badge tone="off" glyph="‖">{t.proxiesPage.switchedOff}</Badge>;
  const ways = proxy.live?.upstreams ?? [];
  if (ways.length === 0) return <Badge tone="off" glyph="?">{t.proxiesPage.health.unknown}</Badge>;
  return ways.map((way) => {
    // One that failed but does not rest yet is neither well nor unknown.
    const isInDoubt = way.health !== "cooling" && way.failures > 0;
    const [tone, glyph]: [Tone, string] = isInDoubt ? ["warn", "?"] : LOOK[way.health];
    return (
      <span key={way.upstream} className="row">
        <Badge tone={tone} glyph={glyph}>{isInDoubt ? t.states.word.suspect : t.proxiesPage.health[way.health]}</Badge>
        <span className="meta">
          {[
            t.proxiesPage.via(way.upstream),
            way.failures > 0 ? t.proxiesPage.failures(way.failures) : null,
            way.rests_ms ? t.proxiesPage.rests(f.span(way.rests_ms)) : null,
          ]
            .filter((part) => part !== null)
            .join(" · ")}
        </span>
      </span>
    );
  });
}

/** The word of a trouble in words; a newer server's, or a judge's rule, stands for itself. */
export function useTroubleWord() {
  const { t } = useI18n();
  const words: Readonly<Record<string, string>> = t.proxiesPage.trouble;
  return (word: string) => (Object.hasOwn(words, word) ? (words[word] ?? word) : word);
}
