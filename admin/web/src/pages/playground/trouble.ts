/** What went wrong with a request of this page: the relay's code where it has one, whose doing, and its own words. */
import type { Messages } from "../../i18n";

export interface Trouble {
  text: string;
  /** What the relay or the upstream says itself. */
  detail: string | null;
  whose: keyof Messages["playground"]["whose"] | null;
}

/** Codes that say that the page's key is not good any more. */
const KEY_GONE = new Set(["unknown_key", "expired_key", "revoked_key", "disabled_key", "missing_key"]);
const POOL = new Set(["pool_empty", "pool_busy", "queue_full", "unaffordable"]);
const OWN = new Set(["rate_limited", "concurrency_limited", "budget_spent", "contribution_required", "no_contribution", "user_disabled"]);
const RELAY = new Set(["shutting_down", "not_ready", "internal", "memory_full", "plugin_failed", "plugin_refused"]);

interface Body {
  error?: { code?: unknown; message?: unknown } | string;
  code?: unknown;
  message?: unknown;
  detail?: unknown;
}

const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

/** Each dialect has its own place for it. */
export function codeOf(body: unknown): { code: string | null; message: string | null } {
  const told = (typeof body === "object" && body !== null ? body : {}) as Body;
  const error = typeof told.error === "object" ? told.error : null;
  return {
    code: text(error?.code) ?? text(told.code),
    message: text(error?.message) ?? text(told.message) ?? text(told.detail) ?? text(told.error),
  };
}

export function isKeyGone(status: number, code: string | null): boolean {
  return status === 401 && code !== null && KEY_GONE.has(code);
}

function whoseOf(code: string | null, status: number): Trouble["whose"] {
  if (code !== null && POOL.has(code)) return "pool";
  if (code !== null && OWN.has(code)) return "you";
  if (code !== null && RELAY.has(code)) return "relay";
  if (code?.startsWith("upstream_") || code === "attempts_exhausted") return "upstream";
  return status >= 500 ? "upstream" : "request";
}

export function troubleOf(status: number, body: unknown, t: Messages): Trouble {
  const { code, message } = codeOf(body);
  if (isKeyGone(status, code)) return { text: t.playground.keyGone, detail: null, whose: null };
  const known = code === null ? undefined : (t.relayCodes as Partial<Record<string, string>>)[code];
  // With a sentence of ours the relay's own says the same; without one it is all there is.
  const detail = known === undefined || code === "param_not_allowed" ? message : null;
  return { text: known ?? t.playground.status(status), detail, whose: whoseOf(code, status) };
}
