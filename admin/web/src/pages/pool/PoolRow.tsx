/** A key of the pool in a line: how it is, what it does, what is left, and when it comes back. */
import type { PoolKey } from "../../api/types";
import { type Messages, useI18n } from "../../i18n";
import type { Formats } from "../../lib/format";
import { useNow } from "../../lib/clock";
import type { RowLink } from "../../shell/rowLinks";
import { Tick } from "../../ui/Tick";
import { PoolKeyBadge, StateBadge, foremost, standingText } from "../contribute/PoolKeyState";
import { RowStrip } from "./RowStrip";
import { useKeyName } from "./useNames";
import "./pool.css";

/** What is left on its account; `null` where nobody knows. */
export function leftText(key: PoolKey, t: Messages, f: Formats): string | null {
  if (key.account) return t.poolPage.left(t.common.anlas(key.account.anlas));
  const { credit } = key;
  if (credit?.left === null || credit?.left === undefined) return null;
  const about = credit.source === "estimated" ? "≈ " : "";
  return t.poolPage.creditLeft(`${about}${f.money(credit.left)}`);
}

interface Props {
  of: PoolKey;
  selected: boolean;
  onSelect: (id: number) => void;
  link: (id: number) => RowLink;
  userName: (id: number) => string;
}

/** Plain elements only, and nothing asked of the router or the cache: thousands of these pass by in a scroll. */
export function PoolRow({ of: key, selected, onSelect, link, userName }: Props) {
  const { t, f } = useI18n();
  const now = useNow();
  const name = useKeyName()(key);
  const running = key.standing.in_flight ?? 0;
  const hold = foremost(key.holds);
  return (
    <div className="pool-row">
      <Tick label={t.poolPage.select(name)} on={selected} onTurn={() => { onSelect(key.id); }} />
      <div className="stack-s">
        <a {...link(key.id)}>{name}</a>
        <span className="meta">
          #{key.id} · {key.upstream} · {t.poolPage.broughtBy(userName(key.contributor))}
        </span>
      </div>
      <div className="stack-s">
        <span className="row">
          <PoolKeyBadge standing={key.standing} holds={key.holds} />
          {hold !== undefined && key.standing.state !== "paused" && <StateBadge state={key.standing.state} />}
        </span>
        <span className="meta">{standingText(key.standing, key.holds, key.upstream, t, f, now)}</span>
      </div>
      <RowStrip id={key.id} />
      <span className="meta">{leftText(key, t, f) ?? f.none}</span>
      <span className="meta">
        {running > 0 ? t.poolPage.working(running) : t.poolPage.today(t.common.requests(key.spent_today.requests))}
      </span>
    </div>
  );
}
