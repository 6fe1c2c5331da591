/** What a finding says, in the reader's language. What it was told from is read with care: a newer relay may tell else. */
import type { Finding } from "../../api/queries/watch";
import type { Messages } from "../../i18n";
import type { Formats } from "../../lib/format";

type Evidence = Record<string, unknown>;

export function evidenceOf(finding: Finding): Evidence {
  return typeof finding.evidence === "object" && finding.evidence !== null ? (finding.evidence as Evidence) : {};
}

function number(evidence: Evidence, name: string): number | null {
  const value = evidence[name];
  return typeof value === "number" ? value : null;
}

/** All of them, or nothing. */
function numbers<K extends string>(evidence: Evidence, ...names: K[]): Record<K, number> | null {
  const found = names.map((name) => [name, number(evidence, name)] as const);
  return found.every(([, value]) => value !== null) ? (Object.fromEntries(found) as Record<K, number>) : null;
}

export function countsOf(evidence: Evidence): [string, number][] {
  const keys = evidence.keys;
  if (typeof keys !== "object" || keys === null) return [];
  return Object.entries(keys).filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

export interface Way {
  outbound_proxy: number | null;
  attempts: number;
}

export function waysOf(evidence: Evidence): Way[] {
  const ways = Array.isArray(evidence.ways) ? (evidence.ways as Partial<Way>[]) : [];
  return ways.map((way) => ({ outbound_proxy: way.outbound_proxy ?? null, attempts: way.attempts ?? 0 }));
}

/** The proxy that nearly all of them left through, as the relay sees it. */
function culprit(ways: Way[]): number | null {
  const all = ways.reduce((sum, way) => sum + way.attempts, 0);
  return ways.find((way) => way.attempts * 5 >= all * 4)?.outbound_proxy ?? null;
}

/** Its words here; the relay's own where these pages have none. */
export function causeOf(finding: Finding, t: Messages, f: Formats): string {
  return translated(finding, t, f) ?? finding.cause;
}

function translated(finding: Finding, t: Messages, f: Formats): string | null {
  const words = t.nowPage.cause;
  const evidence = evidenceOf(finding);
  const by = finding.subject;
  switch (finding.kind) {
    case "keys_fail_alike": {
      const of = numbers(evidence, "keys", "of");
      return of && words.keysFailAlike(by, of.keys, of.of, String(evidence.rule ?? ""), culprit(waysOf(evidence)));
    }
    case "pool_drained": {
      const counts = countsOf(evidence);
      const sum = (...states: string[]) => counts.reduce((all, [state, n]) => all + (states.includes(state) ? n : 0), 0);
      const all = counts.reduce((total, [, n]) => total + n, 0) - sum("withdrawn", "paused");
      return counts.length === 0 ? null : words.poolDrained(by, sum("healthy", "cooling"), all);
    }
    case "key_invalid": {
      const key = number(evidence, "pool_key");
      const many = number(evidence, "keys");
      return key !== null ? words.keyInvalid(key) : many === null ? null : words.keysInvalid(by, many);
    }
    case "upstream_down":
      return Array.isArray(evidence.nodes) ? words.upstreamDown(by, evidence.nodes.length) : null;
    case "node_down": {
      const [upstream, node] = by.split("/");
      return upstream && node ? words.nodeDown(upstream, node) : null;
    }
    case "proxy_down": {
      const proxy = number(evidence, "outbound_proxy");
      return proxy === null ? null : words.proxyDown(proxy, String(evidence.upstream ?? ""));
    }
    case "queue_refuses": {
      const of = numbers(evidence, "refused", "served", "waiting");
      return of && words.queueRefuses(by, of.refused, of.served, of.waiting);
    }
    case "snapshot_stale": {
      const of = numbers(evidence, "edge", "stored");
      return of && words.snapshotStale(of.edge, of.stored);
    }
    case "spool_filling": {
      const of = numbers(evidence, "bytes", "most", "lost");
      return of && words.spoolFilling(f.share(of.bytes / Math.max(1, of.most)), of.lost);
    }
    case "error_rate": {
      const of = numbers(evidence, "failed", "requests", "minutes");
      return of && words.errorRate(by, of.failed, of.requests, of.minutes);
    }
    case "job_failed": {
      const job = number(evidence, "job");
      return job === null ? null : words.jobFailed(job);
    }
  }
}
