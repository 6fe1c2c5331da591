/** One finding: what, whose doing, since when, what that was told from, what to press, and who is at it. */
import { Link, type LinkProps } from "@tanstack/react-router";
import { useState } from "react";
import type { Finding } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Badge, type Tone } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { useUserName } from "../pool/useNames";
import { Acknowledge } from "./Acknowledge";
import { Act } from "./Act";
import { causeOf, evidenceOf } from "./cause";
import { Evidence } from "./Evidence";

const LOOK: Record<Finding["severity"], [Tone, string]> = { critical: ["bad", "✕"], warning: ["warn", "!"], info: ["off", "i"] };
/** At most so many acts; the rest is on the page of what it is about. */
const ACTS = 3;

/** Where more is to be seen. */
function placeOf(finding: Finding): Pick<LinkProps, "to" | "search" | "params"> | null {
  const { kind, subject } = finding;
  switch (kind) {
    case "keys_fail_alike":
    case "pool_drained":
    case "error_rate":
      return { to: "/pool", search: { upstream: subject } };
    case "key_invalid":
      return typeof evidenceOf(finding).pool_key === "number" ? { to: "/pool", search: { open: subject } } : { to: "/pool", search: { upstream: subject, state: "invalid" } };
    case "upstream_down":
      return { to: "/nodes", search: {} };
    case "node_down":
      return { to: "/nodes", search: { open: subject } };
    case "proxy_down":
      return { to: "/proxies", search: { open: subject.split("/")[0] } };
    case "queue_refuses":
      return { to: "/pool/queue" };
    case "snapshot_stale":
    case "spool_filling":
      return { to: "/edges" };
    case "job_failed":
      return { to: "/jobs/$id", params: { id: subject } };
  }
  return null;
}

export function FindingCard({ of: finding }: { of: Finding }) {
  const { t, f } = useI18n();
  const now = useNow();
  const [taking, setTaking] = useState(false);
  const [tone, glyph] = LOOK[finding.severity];
  const place = placeOf(finding);
  const title = t.nowPage.kind[finding.kind];
  const isOver = finding.ended_at !== null && finding.ended_at !== undefined;
  return (
    <li className="stack" aria-label={`${title}: ${finding.subject}`}>
      <div className="row">
        {isOver ? <Badge tone="ok" glyph="✓">{t.nowPage.over}</Badge> : <Badge tone={tone} glyph={glyph}>{t.nowPage.severity[finding.severity]}</Badge>}
        <h2>{title}</h2>
        <span className="meta">
          {t.nowPage.whose[finding.whose]} ·{" "}
          {isOver ? (
            t.nowPage.overSince(f.ago(finding.ended_at ?? 0), f.span((finding.ended_at ?? 0) - finding.began_at))
          ) : (
            <time dateTime={new Date(finding.began_at).toISOString()} title={f.full(finding.began_at)}>
              {t.nowPage.since(f.at(finding.began_at, now))}
            </time>
          )}
        </span>
      </div>
      <p className="text">{causeOf(finding, t, f)}</p>
      <Taken of={finding} />
      <Evidence of={finding} />
      {!isOver && (
        <div className="row">
          {finding.actions.slice(0, ACTS).map((action) => (
            <Act key={`${action.method} ${action.path}`} of={action} />
          ))}
          {place && (
            <Link {...place} className="button" data-size="small">
              {t.nowPage.show}
            </Link>
          )}
          {!finding.acknowledged && (
            <Button size="small" onClick={() => { setTaking(true); }}>
              {t.nowPage.acknowledge}
            </Button>
          )}
        </div>
      )}
      {taking && <Acknowledge of={finding} onClose={() => { setTaking(false); }} />}
    </li>
  );
}

function Taken({ of: { acknowledged } }: { of: Finding }) {
  const { t, f } = useI18n();
  const userName = useUserName();
  if (!acknowledged) return null;
  const who = acknowledged.by === null || acknowledged.by === undefined ? t.nowPage.somebody : userName(acknowledged.by);
  const parts = [
    t.nowPage.taken(who, f.at(acknowledged.at)),
    acknowledged.until ? t.nowPage.takenUntil(f.at(acknowledged.until)) : null,
    acknowledged.note ? `“${acknowledged.note}”` : null,
  ];
  return <p className="note">{parts.filter((part) => part !== null).join(" · ")}</p>;
}
