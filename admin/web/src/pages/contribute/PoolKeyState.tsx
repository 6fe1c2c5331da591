/**
 * How a pool key is, in a sign, a word and a sentence that ends with the way back. What holds it back stands above what
 * is known of it; a state of a newer server shows its own word.
 */
import type { Condition, Hold, Standing } from "../../api/types";
import { type Messages, useI18n } from "../../i18n";
import type { Facts } from "../../i18n/en/states";
import type { Formats } from "../../lib/format";
import { useNow } from "../../lib/clock";
import { Badge, type Tone } from "../../ui/Badge";

const LOOK: Record<Condition, [Tone, string]> = {
  pending: ["wait", "…"],
  healthy: ["ok", "✓"],
  cooling: ["wait", "◷"],
  drained: ["warn", "▽"],
  suspect: ["warn", "?"],
  invalid: ["bad", "✕"],
  paused: ["off", "‖"],
  withdrawn: ["final", "■"],
};

/** The hold that is said first; pauses before rules. */
export function foremost(holds: readonly Hold[]): Hold | undefined {
  return holds.find((hold) => hold.kind === "paused") ?? holds.find((hold) => hold.kind !== "reserve") ?? holds[0];
}

export function StateBadge({ state }: { state: Condition }) {
  const { t } = useI18n();
  const look = (LOOK as Partial<typeof LOOK>)[state];
  if (look === undefined) return <Badge tone="off" glyph="·">{state}</Badge>;
  return <Badge tone={look[0]} glyph={look[1]}>{t.states.word[state]}</Badge>;
}

export function PoolKeyBadge({ standing, holds }: { standing: Standing; holds: readonly Hold[] }) {
  const { t } = useI18n();
  const hold = foremost(holds);
  if (hold === undefined || standing.state === "withdrawn") return <StateBadge state={standing.state} />;
  return <Badge tone="off" glyph="‖">{t.states.hold[hold.kind]}</Badge>;
}

function holdText(hold: Hold, t: Messages, f: Formats, now: number): string {
  const until = hold.until === null || hold.until === undefined ? null : f.at(hold.until, now);
  switch (hold.kind) {
    case "paused":
      return hold.by === "admin"
        ? t.states.holdText.pausedByAdmin(hold.reason ?? null)
        : t.states.holdText.pausedByYou(hold.since ? f.ago(hold.since, now) : null);
    case "hours":
      return t.states.holdText.hours(until);
    case "cap":
      return t.states.holdText.cap(until);
    case "reserve":
      return t.states.holdText.reserve;
  }
}

/** The sentence of a state; used by the test of all of them, too. */
export function stateText(standing: Standing, upstream: string, t: Messages, f: Formats, now: number): string {
  const say = (at: number | null | undefined, write: (at: number, now: number) => string) =>
    at === null || at === undefined ? null : write(at, now);
  const facts: Facts = {
    by: upstream,
    since: say(standing.since, f.ago),
    next: standing.next_at !== null && standing.next_at !== undefined && standing.next_at <= now ? null : say(standing.next_at, f.at),
    attempt: standing.attempt,
    inFlight: standing.in_flight ?? null,
    checked: say(standing.evidence_at, f.ago),
  };
  const text = (t.states.text as Partial<Messages["states"]["text"]>)[standing.state];
  if (text === undefined) return standing.state;
  return standing.reason === "same_account" ? `${t.states.sameAccount}` : text(facts);
}

/** The one sentence of a row: of what holds it back, else of its state. */
export function standingText(standing: Standing, holds: readonly Hold[], upstream: string, t: Messages, f: Formats, now: number): string {
  const hold = standing.state === "withdrawn" ? undefined : foremost(holds);
  if (hold !== undefined && hold.kind !== "reserve") return holdText(hold, t, f, now);
  return stateText(standing, upstream, t, f, now);
}

/** The badge of what holds it back, and that of its state where a pause does not stand for both. */
export function StateBadges({ standing, holds }: { standing: Standing; holds: readonly Hold[] }) {
  const hold = standing.state === "withdrawn" ? undefined : foremost(holds);
  return (
    <>
      <PoolKeyBadge standing={standing} holds={holds} />
      {hold !== undefined && hold.kind !== "paused" && <StateBadge state={standing.state} />}
    </>
  );
}

export function StateSentences({ standing, holds, upstream }: { standing: Standing; holds: readonly Hold[]; upstream: string }) {
  const { t, f } = useI18n();
  const now = useNow();
  const hold = standing.state === "withdrawn" ? undefined : foremost(holds);
  return (
    <>
      {hold !== undefined && <p className="text">{holdText(hold, t, f, now)}</p>}
      {(hold === undefined || hold.kind === "reserve") && (
        <p className="text">{stateText(standing, upstream, t, f, now)}</p>
      )}
    </>
  );
}

export function StateLine(of: { standing: Standing; holds: readonly Hold[]; upstream: string }) {
  return (
    <div className="stack-s">
      <p className="row">
        <StateBadges standing={of.standing} holds={of.holds} />
      </p>
      <StateSentences {...of} />
    </div>
  );
}
