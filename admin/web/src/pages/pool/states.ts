/** The states of histories in words and marks; those of pool keys have theirs with the states themselves. */
import type { components } from "../../api/generated/schema";
import type { Messages } from "../../i18n";
import type { Mark } from "../../ui/Strip";

export type HistoryState = components["schemas"]["State"];

const MARK: Record<HistoryState, Mark> = {
  not_checked: "none",
  pending: "wait",
  healthy: "ok",
  cooling: "wait",
  drained: "warn",
  suspect: "warn",
  invalid: "bad",
  paused: "off",
  withdrawn: "final",
  unhealthy: "bad",
  recovering: "wait",
  draining: "off",
  off: "off",
  removed: "final",
};

/** A state of a newer server is as one that nobody looked at. */
export function markOf(state: HistoryState): Mark {
  return (MARK as Partial<typeof MARK>)[state] ?? "none";
}

export function stateWord(state: HistoryState, t: Messages): string {
  const words: Partial<Record<HistoryState, string>> = { ...t.states.word, ...t.supply.moreStates };
  return words[state] ?? state;
}
