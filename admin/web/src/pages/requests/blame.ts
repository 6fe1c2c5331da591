/** Whose doing it was that a request was not answered: the first question of whoever sees one. */
import { RELAY_CODES, type RelayCode } from "../../api/generated/codes";
import type { MyRequest } from "../../api/queries/usage";

export type Whose = "you" | "key" | "limit" | "pool" | "upstream" | "relay" | "nobody";

const OF_CODE: Record<RelayCode, Whose> = {
  missing_key: "you",
  unknown_key: "you",
  expired_key: "key",
  revoked_key: "key",
  disabled_key: "key",
  user_disabled: "limit",
  contribution_required: "limit",
  no_contribution: "limit",
  address_not_allowed: "key",
  model_not_allowed: "key",
  rate_limited: "limit",
  concurrency_limited: "limit",
  too_many_failures: "you",
  path_not_allowed: "limit",
  not_found: "you",
  model_not_found: "you",
  object_not_found: "you",
  object_unavailable: "pool",
  objects_apart: "you",
  objects_unreadable: "you",
  bad_page: "you",
  bad_path: "you",
  bad_framing: "you",
  method_not_allowed: "you",
  body_too_large: "you",
  body_truncated: "you",
  body_timeout: "you",
  memory_full: "relay",
  cost_unreadable: "you",
  param_not_allowed: "you",
  cost_capped: "limit",
  plugin_refused: "limit",
  plugin_failed: "relay",
  pool_empty: "pool",
  pool_busy: "pool",
  queue_full: "pool",
  unaffordable: "pool",
  budget_spent: "key",
  bad_max_wait: "you",
  attempts_exhausted: "upstream",
  upstream_unreachable: "upstream",
  upstream_timeout: "upstream",
  upstream_broken: "upstream",
  not_ready: "relay",
  shutting_down: "relay",
  internal: "relay",
};

/** A newer relay may have codes that these pages do not know. */
export function relayCode(code: string | null | undefined): RelayCode | null {
  return RELAY_CODES.find((known) => known === code) ?? null;
}

export function whoseDoing(request: MyRequest): Whose {
  const code = relayCode(request.code);
  switch (request.class) {
    case "ok":
      return "nobody";
    case "left":
      return "you";
    case "limited":
    case "refused":
      return code === null ? "limit" : OF_CODE[code];
    case "upstream_refused":
      // A 4xx is about the request; a 429 about the upstream.
      return request.status === 429 ? "upstream" : "you";
    case "upstream_failed":
      return "upstream";
    case "unserved":
      if (request.limit_source === "upstream") return "upstream";
      return code === null ? "pool" : OF_CODE[code];
  }
}
