/** What a finding was told from: figures, and where to look. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Finding } from "../../api/queries/watch";
import { useI18n } from "../../i18n";
import { type HistoryState, stateWord } from "../pool/states";
import { countsOf, evidenceOf, waysOf } from "./cause";

type Line = [label: string, value: ReactNode];

function Keys({ ids }: { ids: unknown[] }) {
  const { t } = useI18n();
  return (
    <span className="row">
      {ids.map((id) => (
        <Link key={String(id)} to="/pool" search={{ open: String(id) }}>
          {t.poolPage.key(Number(id))}
        </Link>
      ))}
    </span>
  );
}

/** Lines for what is there, in this order. */
function useLines(finding: Finding): Line[] {
  const { t, f } = useI18n();
  const { fact } = t.nowPage;
  const evidence = evidenceOf(finding);
  const counts = countsOf(evidence);
  const plain: [string, string][] = [
    ["attempts", fact.attempts],
    ["failures", fact.failures],
    ["refused", fact.refused],
    ["served", fact.served],
    ["waiting", fact.waiting],
    ["failed", fact.failed],
    ["requests", fact.requests],
    ["edge", fact.edge],
    ["stored", fact.stored],
    ["lost", fact.lost],
  ];
  const lines: (Line | null)[] = [
    typeof evidence.rule === "string" ? [fact.rule, <code key="rule">{evidence.rule}</code>] : null,
    counts.length > 0 ? [fact.keys, counts.map(([state, n]) => t.nowPage.inState(stateWord(state as HistoryState, t), n)).join(" · ")] : null,
    ...plain.map(([name, label]): Line | null => {
      const value = evidence[name];
      return typeof value === "number" ? [label, f.num(value)] : null;
    }),
    waysOf(evidence).length > 0 ? [fact.ways, waysOf(evidence).map((way) => t.nowPage.way(way.outbound_proxy, way.attempts)).join(" · ")] : null,
    Array.isArray(evidence.examples) && evidence.examples.length > 0 ? [fact.examples, <Keys key="keys" ids={evidence.examples} />] : null,
    Array.isArray(evidence.nodes) ? [fact.nodes, (evidence.nodes as { node?: string; error?: string }[]).map((node) => [node.node, node.error].filter(Boolean).join(": ")).join(" · ")] : null,
    typeof evidence.error === "string" ? [fact.error, evidence.error] : null,
    typeof evidence.bytes === "number" ? [fact.waits, f.bytes(evidence.bytes)] : null,
    typeof evidence.reason === "string" ? [fact.reason, evidence.reason] : null,
  ];
  return lines.filter((line) => line !== null);
}

export function Evidence({ of: finding }: { of: Finding }) {
  const { t } = useI18n();
  const lines = useLines(finding);
  if (lines.length === 0) return null;
  return (
    <details open>
      <summary>{t.nowPage.evidence}</summary>
      <dl className="facts">
        {lines.map(([label, value]) => [<dt key={`${label}?`}>{label}</dt>, <dd key={label}>{value}</dd>])}
      </dl>
    </details>
  );
}
