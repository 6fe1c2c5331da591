/**
 * The pages of a long list in the cache. What has changed is put into them; of what may have changed, the pages near the
 * window are read again at once, and those far from it one by one.
 *
 * Invariants: a page holds what fits after its parameter up to that of the next one, by id, however often it is read; what
 * is owed to a page stays owed until it was read, also where a reading is cut short.
 */
import { hashKey, type InfiniteData, type Query, type QueryClient, type QueryFunctionContext, type QueryKey, replaceEqualDeep } from "@tanstack/react-query";

export interface Thing {
  id: number;
}
export interface PageOf<T> {
  items: T[];
  next?: number | null;
}
export type Pages<T> = InfiniteData<PageOf<T>, number>;
/** Reads a page: what comes after an id. */
type Read<T> = (after: number, signal: AbortSignal) => Promise<PageOf<T>>;
/** Reads those of some things that fit the list. */
export type ReadSome = (ids: readonly number[]) => Promise<Thing[]>;

declare module "@tanstack/react-query" {
  interface Register {
    queryMeta: { some?: ReadSome };
  }
}

/** Milliseconds for which a page is as good as new. */
const FRESH = 30_000;
/** Lists of so many pages are read whole. */
const SHORT = 5;
const OWED = 0;

/** When each page was read, in Unix milliseconds. */
const read = new WeakMap<object, number>();
/** By query: the ids of the first and the last row that are near the window. */
const windows = new Map<string, readonly [number, number]>();

/** These rows of it are near the window; none are any more. */
export function setNear(queryKey: QueryKey, near: readonly [number, number] | null): void {
  if (near === null) windows.delete(hashKey(queryKey));
  else windows.set(hashKey(queryKey), near);
}

/** Whether some of its pages may be old, and are yet to be read again. */
export function isOwed(pages: Pages<Thing> | undefined): boolean {
  return pages?.pages.some((page) => read.get(page) === OWED) ?? false;
}

function owe(pages: Pages<Thing> | undefined): void {
  for (const page of pages?.pages ?? []) read.set(page, OWED);
}

/** Up to which id a page reaches. */
function endOf({ pages, pageParams }: Pages<Thing>, at: number): number {
  return pageParams[at + 1] ?? pages[at]?.next ?? Number.POSITIVE_INFINITY;
}

/** Whether a page is to be read again now. */
export function isDue(held: Pages<Thing>, at: number, near: readonly [number, number] | undefined, now: number): boolean {
  const page = held.pages[at];
  if (page === undefined || now - (read.get(page) ?? OWED) < FRESH) return false;
  const isNear = (each: number) => near !== undefined && (held.pageParams[each] ?? 0) < near[1] && near[0] <= endOf(held, each);
  if (held.pages.length <= SHORT || isNear(at)) return true;
  return at === held.pages.findIndex((each, index) => !isNear(index) && read.get(each) === OWED);
}

/** What fits after an id up to another one, which is where the next page begins. */
async function between<T extends Thing>(ask: Read<T>, after: number, end: number, signal: AbortSignal): Promise<PageOf<T>> {
  const items: T[] = [];
  for (let from: number | null | undefined = after; typeof from === "number" && from < end; ) {
    const part: PageOf<T> = await ask(from, signal);
    items.push(...part.items);
    from = part.next;
  }
  return { items: items.filter(({ id }) => id <= end), next: end };
}

/** For an infinite query: asks for new pages, and of those that are there only for what is due. */
export function pagesBy<T extends Thing>(ask: Read<T>) {
  return async ({ client, queryKey, pageParam, signal }: QueryFunctionContext<QueryKey, number>): Promise<PageOf<T>> => {
    const held = client.getQueryData<Pages<T>>(queryKey);
    if (client.getQueryState(queryKey)?.isInvalidated) owe(held);
    const now = Date.now();
    const at = held?.pageParams.indexOf(pageParam) ?? -1;
    const there = held?.pages[at];
    if (held !== undefined && there !== undefined && !isDue(held, at, windows.get(hashKey(queryKey)), now)) return there;
    const end = held?.pageParams[at + 1];
    const page = end === undefined || at === -1 ? await ask(pageParam, signal) : await between(ask, pageParam, end, signal);
    read.set(page, now);
    return page;
  };
}

/** Rows that say the same stay the same; a page that was read is another one. Where none is, all of it is the same, or what shows it would draw for ever. */
export function shared(before: unknown, after: unknown): unknown {
  const [was, is] = [before as Pages<Thing> | undefined, after as Pages<Thing>];
  if (was === undefined) return is;
  const pages = is.pages.map((page, at) => {
    const old = was.pages[at];
    if (old === undefined || old === page) return page;
    const now = { ...page, items: replaceEqualDeep(old.items, page.items) };
    read.set(now, read.get(page) ?? read.get(old) ?? OWED);
    return now;
  });
  const pageParams = replaceEqualDeep(was.pageParams, is.pageParams);
  const isSame = pageParams === was.pageParams && pages.length === was.pages.length && pages.every((page, at) => page === was.pages[at]);
  return isSame ? was : { pages, pageParams };
}

/** The same pages with these things as they are now: those that fit the list no longer, or are gone, are left out. */
export function withItems<T extends Thing>(held: Pages<T>, ids: ReadonlySet<number>, now: readonly T[]): Pages<T> {
  const pages = held.pages.map((page, at) => {
    const begin = held.pageParams[at] ?? 0;
    const fresh = now.filter(({ id }) => begin < id && id <= endOf(held, at));
    if (fresh.length === 0 && !page.items.some(({ id }) => ids.has(id))) return page;
    const others = page.items.filter(({ id }) => !ids.has(id));
    return { ...page, items: [...others, ...fresh].sort((a, b) => a.id - b.id) };
  });
  return pages.every((page, at) => page === held.pages[at]) ? held : { ...held, pages };
}

/** Reads these things again and puts them into the pages; what is being read meanwhile was asked before. */
export async function readSome(client: QueryClient, query: Query, some: ReadSome, ids: ReadonlySet<number>): Promise<void> {
  const { queryKey } = query;
  try {
    const now = await some([...ids]);
    while (query.state.fetchStatus === "fetching" && query.promise !== undefined) await query.promise.catch(() => undefined);
    // What is put in makes the query valid; its other pages are no newer for it.
    if (query.state.isInvalidated) owe(client.getQueryData<Pages<Thing>>(queryKey));
    client.setQueryData<Pages<Thing>>(queryKey, (held) => held && withItems(held, ids, now), { updatedAt: query.state.dataUpdatedAt });
  } catch {
    await client.invalidateQueries({ queryKey, exact: true });
  }
}
