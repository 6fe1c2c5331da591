/** Whether the stream of events is open: what it tells of need not be asked for. */
import { useSyncExternalStore } from "react";

let open = false;
const listeners = new Set<() => void>();

export function setStreaming(now: boolean): void {
  if (open === now) return;
  open = now;
  for (const each of listeners) each();
}

export function isStreaming(): boolean {
  return open;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The same for a component, so that what it asks for regularly follows. */
export function useStreaming(): boolean {
  return useSyncExternalStore(subscribe, isStreaming);
}
