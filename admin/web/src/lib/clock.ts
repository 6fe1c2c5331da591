/** The server's clock: countdowns must not believe the laptop's. One ticker for the whole page. */
import { useSyncExternalStore } from "react";

let ahead = 0;

/** What the server said the time is. */
export function setServerNow(now: number): void {
  ahead = now - Date.now();
}

export function serverNow(): number {
  return Date.now() + ahead;
}

let stopped = false;

/** Without a connection nobody knows what comes of it, and countdowns stop. */
export function stopClock(stop: boolean): void {
  stopped = stop;
}

const listeners = new Set<() => void>();
let ticker: ReturnType<typeof setInterval> | undefined;
let ticked = Date.now();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  ticker ??= setInterval(() => {
    if (document.hidden || stopped) return;
    ticked = Date.now();
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(ticker);
      ticker = undefined;
    }
  };
}

/** The server's time, a second at a time. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, () => ticked) + ahead;
}
