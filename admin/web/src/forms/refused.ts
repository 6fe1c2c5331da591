/**
 * What was refused because the session had ended. After signing in it is offered again, and never sent by itself.
 *
 * Invariant: one thing at most; the dialog over the page lets nobody do a second one.
 */
import { hasCode } from "../api/errors";

let again: (() => void) | null = null;

/** Whether it was refused only because nobody is signed in any more. */
export function isOver(error: unknown): boolean {
  return hasCode(error, "unauthenticated", "session_ended", "expired_token");
}

export function keepRefused(send: () => void): void {
  again = send;
}

/** Takes it out, whether it is then sent or not. */
export function takeRefused(): (() => void) | null {
  const kept = again;
  again = null;
  return kept;
}
