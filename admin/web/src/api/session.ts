/**
 * Who is signed in here. The tokens are in cookies that no script can read; what a script holds is the token that its
 * changes carry, in memory alone.
 *
 * Invariant: one refresh at a time, in all tabs where the browser can say so; the server forgives the rest for 30 s.
 */
const SIGNED_IN = "potluck.signed_in";

let csrf: string | null = null;
let refreshing: Promise<boolean> | null = null;
const listeners = new Set<(expired: boolean) => void>();

export function csrfToken(): string | null {
  return csrf;
}

export function keepCsrf(token: string | null | undefined): void {
  if (!token) return;
  csrf = token;
  localStorage.setItem(SIGNED_IN, "yes");
}

export function forgetSession(): void {
  csrf = null;
  localStorage.removeItem(SIGNED_IN);
}

/** Whether it is worth asking: somebody has signed in here, and not out. */
export function mayBeSignedIn(): boolean {
  return localStorage.getItem(SIGNED_IN) !== null;
}

/** Told when the session is over and when it is there again. */
export function onExpiry(listener: (expired: boolean) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function tellExpired(expired: boolean): void {
  for (const listener of listeners) listener(expired);
}

/** Gets the next access token. Says whether there is a session. */
export function refresh(): Promise<boolean> {
  refreshing ??= alone(ask).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function alone(task: () => Promise<boolean>): Promise<boolean> {
  // Only there over https.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks ? await locks.request("potluck.refresh", task) : await task();
}

async function ask(): Promise<boolean> {
  const answer = await fetch("/manage/v1/session/refresh", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  });
  if (!answer.ok) return false;
  const tokens = (await answer.json()) as { csrf_token?: string | null };
  keepCsrf(tokens.csrf_token);
  return true;
}
