/** The acts that the relay proposes, in the reader's language, and how each is taken back. */
import type { Finding } from "../../api/queries/watch";
import type { Messages } from "../../i18n";

export type Action = Finding["actions"][number];

interface Known {
  method: string;
  path: RegExp;
  word: (parts: string[], body: Record<string, unknown>, t: Messages) => string;
  /** What takes it back. */
  back?: unknown;
}

const KNOWN: readonly Known[] = [
  { method: "POST", path: /^\/manage\/v1\/pool-keys\/check$/, word: (_, body, t) => t.nowPage.act.recheckAll(String(body.upstream ?? "")) },
  { method: "POST", path: /^\/manage\/v1\/pool-keys\/(\d+)\/check$/, word: ([key], _, t) => t.nowPage.act.recheckKey(Number(key)) },
  {
    method: "PATCH",
    path: /^\/manage\/v1\/outbound-proxies\/(\d+)$/,
    word: ([proxy], _, t) => t.nowPage.act.stopProxy(Number(proxy)),
    back: { enabled: true },
  },
  { method: "POST", path: /^\/manage\/v1\/outbound-proxies\/(\d+)\/check$/, word: ([proxy], _, t) => t.nowPage.act.probeProxy(Number(proxy)) },
  {
    method: "PATCH",
    path: /^\/manage\/v1\/upstreams\/[^/]+\/nodes\/([^/]+)$/,
    word: ([node], _, t) => t.nowPage.act.drainNode(node ?? ""),
    back: { state: "active" },
  },
  { method: "POST", path: /^\/manage\/v1\/upstreams\/[^/]+\/nodes\/([^/]+)\/check$/, word: ([node], _, t) => t.nowPage.act.checkNode(node ?? "") },
];

function find(action: Action): { known: Known; parts: string[] } | null {
  for (const known of KNOWN) {
    const match = known.path.exec(action.path);
    if (match && known.method === action.method) return { known, parts: match.slice(1) };
  }
  return null;
}

/** The relay's own words for an act that these pages do not know. */
export function wordOf(action: Action, t: Messages): string {
  const found = find(action);
  return found === null ? action.label : found.known.word(found.parts, (action.body ?? {}) as Record<string, unknown>, t);
}

/** The call that takes it back, where it leaves something changed. */
export function backOf(action: Action): Action | null {
  const back = find(action)?.known.back;
  return back === undefined ? null : { ...action, body: back };
}
