/**
 * The key that this page sends with: made when it is first needed, good for some minutes, in no list.
 *
 * Invariant: its text is in this module's memory and nowhere else, and only for whoever it was made for.
 */
import { api, ok, once } from "../../api/client";

/** Milliseconds before its end from which on a new one is made: an answer may take a while. */
const SPARE = 60_000;
/** How long one lives where the relay does not say. */
const LIFE = 15 * 60_000;

let held: { user: number; text: string; until: number } | null = null;
let making: Promise<string> | null = null;

export function playgroundKey(user: number): Promise<string> {
  if (held?.user === user && held.until - SPARE > Date.now()) return Promise.resolve(held.text);
  making ??= make(user).finally(() => {
    making = null;
  });
  return making;
}

export function forgetKey(): void {
  held = null;
}

async function make(user: number): Promise<string> {
  const made = await ok(api.POST("/manage/v1/me/playground-key", { params: { header: once() } }));
  if (!made.text) throw new Error("the key's text did not come");
  // By this machine's clock, so that a wrong one does no harm.
  held = { user, text: made.text, until: Date.now() + LIFE };
  return made.text;
}
