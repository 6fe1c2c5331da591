/** The one place that turns what went wrong into words. */
import type { Messages } from "../i18n";
import type { Formats } from "../lib/format";
import { CODES, type Code } from "./generated/codes";

/** The relay, or something before it, refused. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string | null,
    readonly detail: string | null,
    readonly retryAfter: number | null,
    readonly requestId: string | null,
  ) {
    super(code ?? `status ${status}`);
  }
}

/** Nothing answered. */
export class OfflineError extends Error {}

export interface Explained {
  text: string;
  /** The server's own sentence, where it says more. */
  detail: string | null;
  /** The field that it is about. */
  field: string | null;
  retryable: boolean;
  /** Milliseconds to wait. */
  wait: number | null;
  requestId: string | null;
}

/** A newer relay may say what these pages have no words for. */
function isCode(code: string, t: Messages): code is Code {
  return CODES.some((known) => known === code) && Object.hasOwn(t.errors, code);
}

/** Codes whose detail tells more than our sentence. */
const TELLING = new Set<Code>(["invalid_field", "unreadable_request", "refused_by_edge", "in_use", "too_many", "not_editable_online", "exists"]);
const RETRYABLE = new Set<Code>(["busy", "database_away", "database_failed", "too_many_calls", "tried_too_often", "internal"]);

/** `label` of "label: must be …" or "`label` must be …". */
function fieldOf(detail: string | null): string | null {
  return /^[`“"]?([a-z_]+(?:\.[a-z_]+)*)[`”"]?[: ]/.exec(detail ?? "")?.[1] ?? null;
}

export function explain(error: unknown, t: Messages, f: Formats): Explained {
  const none = { detail: null, field: null, retryable: true, wait: null, requestId: null };
  if (error instanceof OfflineError) return { ...none, text: t.failure.offline };
  if (!(error instanceof ApiError)) return { ...none, text: t.failure.title };
  const { code, detail, requestId, retryAfter } = error;
  if (code === null) return { ...none, text: t.failure.unreadable, requestId };
  const wait = retryAfter === null ? null : retryAfter * 1000;
  if (!isCode(code, t)) return { ...none, text: t.failure.unknownCode(code), detail, wait, requestId };
  const text = wait === null ? t.errors[code] : `${t.errors[code]} ${t.failure.waitFor(f.span(wait))}`;
  return {
    text,
    detail: TELLING.has(code) ? detail : null,
    field: code === "invalid_field" ? fieldOf(detail) : null,
    retryable: RETRYABLE.has(code) || error.status >= 500,
    wait,
    requestId,
  };
}

export function hasCode(error: unknown, ...codes: Code[]): boolean {
  return error instanceof ApiError && codes.some((code) => code === error.code);
}
