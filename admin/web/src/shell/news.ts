/** What the stream tells of requests as they end: their steps at once, and of the books what has come to them meanwhile. */
import type { QueryClient, QueryKey } from "@tanstack/react-query";
import { type Recent, recent, withNews } from "../api/queries/recent";

/** Milliseconds until what has ended stands in the books, and between two readings of them. */
const BOOKED = 2000;
const READ = 10_000;
/** What is read of the books that grows by itself. */
const GROWING = new Set(["sum", "by", "today", "ever", "newer"]);

function grows([kind, what, , time]: QueryKey): boolean {
  const isPast = typeof time === "object" && time !== null && "from" in time;
  return kind === "usage" && GROWING.has(String(what)) && !isPast;
}

/** `tell` for what an event says; `stop` when nobody listens any more. An admin hears of everybody's requests. */
export function newsTo(client: QueryClient, isAdmin: boolean) {
  let next = 0;
  let waiting: ReturnType<typeof setTimeout> | undefined;
  const readBooks = () => {
    waiting = undefined;
    next = Date.now() + READ;
    void client.invalidateQueries({ predicate: ({ queryKey }) => grows(queryKey) });
  };
  const tell = (news: Recent) => {
    client.setQueryData<Recent>(recent(isAdmin ? "all" : "mine").queryKey, (held) => held && withNews(held, news));
    // Which of them were one's own it does not say.
    if (isAdmin) void client.invalidateQueries({ queryKey: recent("mine").queryKey });
    void client.invalidateQueries({ queryKey: ["live_request", "mine"] });
    waiting ??= setTimeout(readBooks, Math.max(BOOKED, next - Date.now()));
  };
  return { tell, stop: () => { clearTimeout(waiting); } };
}
