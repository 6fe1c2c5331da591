import { InfiniteQueryObserver, QueryClient } from "@tanstack/react-query";
import { afterEach, expect, it, vi } from "vitest";
import { isOwed, type PageOf, type Pages, pagesBy, readSome, setNear, shared, withItems } from "./pages";

interface Row {
  id: number;
  said: string;
}

const PAGE = 2;
const KEY = ["thing", "all"];

afterEach(() => {
  setNear(KEY, null);
  vi.useRealTimers();
});

/** A list of things with the even ids up to a last one, of which `pages` are loaded. */
async function listOf(last: number, pages: number) {
  const things: Row[] = Array.from({ length: last / 2 }, (_, index) => ({ id: 2 * (index + 1), said: "old" }));
  const asked: number[] = [];
  const ask = (after: number): Promise<PageOf<Row>> => {
    asked.push(after);
    const items = things.filter(({ id }) => id > after).slice(0, PAGE).map((row) => ({ ...row }));
    return Promise.resolve({ items, next: items.length === PAGE ? (items.at(-1)?.id ?? null) : null });
  };
  const client = new QueryClient();
  const observer = new InfiniteQueryObserver(client, {
    queryKey: KEY,
    queryFn: pagesBy(ask),
    initialPageParam: 0,
    getNextPageParam: (page: PageOf<Row>) => page.next ?? undefined,
    structuralSharing: shared,
    retry: false,
  });
  const stop = observer.subscribe(() => undefined);
  await observer.refetch();
  for (let more = 1; more < pages; more++) await observer.fetchNextPage();
  asked.length = 0;
  const held = () => client.getQueryData<Pages<Row>>(KEY) as Pages<Row>;
  const said = () => held().pages.flatMap((page) => page.items.map((row) => row.said));
  const say = (text: string) => { for (const thing of things) thing.said = text; };
  const idsOf = () => held().pages.map((page) => page.items.map((row) => row.id));
  return { client, observer, things, asked, held, said, say, idsOf, stop };
}

it("puts things into the pages that they belong to, and leaves out those that fit no longer", () => {
  const page = (items: Row[], next: number | null) => ({ items, next });
  const row = (id: number, said = "old") => ({ id, said });
  const held: Pages<Row> = { pages: [page([row(2), row(4)], 4), page([row(6), row(8)], 8)], pageParams: [0, 4] };
  const after = withItems(held, new Set([5, 6, 9, 77]), [row(5, "new"), row(9, "new")]);
  expect(after.pages.map((each) => each.items)).toEqual([[row(2), row(4)], [row(5, "new"), row(8)]]);
  expect(after.pages[0]).toBe(held.pages[0]);
  expect(withItems(held, new Set([77]), [])).toBe(held);
});

it("reads a few things alone, and keeps every other page and row as it was", async () => {
  const { client, things, asked, held, said, stop } = await listOf(12, 5);
  const before = held();
  const query = client.getQueryCache().find({ queryKey: KEY });
  if (query === undefined || things[2] === undefined) throw new Error("there is a list");
  things[2].said = "new";
  await readSome(client, query, (ids) => Promise.resolve(things.filter(({ id }) => ids.includes(id))), new Set([6]));
  expect(said().slice(0, 4)).toEqual(["old", "old", "new", "old"]);
  expect(asked).toEqual([]);
  expect(held().pages[0]).toBe(before.pages[0]);
  expect(held().pages[1]?.items[1]).toBe(before.pages[1]?.items[1]);
  stop();
});

it("waits with what it has read for a page that is on its way, which was asked before", async () => {
  const { client, observer, said, stop } = await listOf(12, 2);
  const query = client.getQueryCache().find({ queryKey: KEY });
  if (query === undefined) throw new Error("there is a list");
  const more = observer.fetchNextPage();
  await readSome(client, query, () => Promise.resolve([{ id: 2, said: "new" }]), new Set([2]));
  await more;
  expect(said()).toEqual(["new", "old", "old", "old", "old", "old"]);
  stop();
});

it("reads a short list whole where nobody knows what has changed, and pages keep where they begin", async () => {
  const { client, things, asked, say, said, idsOf, stop } = await listOf(10, 5);
  say("new");
  things.splice(1, 1);
  things.splice(2, 0, { id: 7, said: "new" });
  await client.invalidateQueries({ queryKey: KEY });
  expect(new Set(said())).toEqual(new Set(["new"]));
  expect(idsOf()).toEqual([[2], [6, 7, 8], [10], [], []].slice(0, idsOf().length));
  expect(asked.length).toBeLessThanOrEqual(7);
  stop();
});

it("reads of a long list what is near the window, and owes the rest page by page", async () => {
  const { client, observer, asked, say, said, held, stop } = await listOf(40, 10);
  setNear(KEY, [18, 22]);
  say("new");
  await client.invalidateQueries({ queryKey: KEY });
  expect(asked).toEqual([0, 16, 20]);
  expect(said().flatMap((word, at) => (word === "new" ? [Math.floor(at / PAGE)] : []))).toEqual([0, 0, 4, 4, 5, 5]);
  for (let rest = 7; rest > 0; rest--) {
    expect(isOwed(held())).toBe(true);
    await observer.refetch();
  }
  expect(isOwed(held())).toBe(false);
  expect(new Set(said())).toEqual(new Set(["new"]));
  expect(asked.length).toBe(10);
  stop();
});

it("still owes what a next page has kept from being read", async () => {
  const { client, observer, say, said, held, stop } = await listOf(40, 10);
  setNear(KEY, [2, 4]);
  say("new");
  void client.invalidateQueries({ queryKey: KEY });
  await observer.fetchNextPage();
  expect(isOwed(held())).toBe(true);
  while (isOwed(held())) await observer.refetch();
  expect(new Set(said())).toEqual(new Set(["new"]));
  stop();
});

it("asks for nothing again that was read a moment ago, and for what is near after half a minute", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { observer, asked, stop } = await listOf(40, 10);
  setNear(KEY, [2, 4]);
  await observer.refetch();
  expect(asked).toEqual([]);
  vi.setSystemTime(Date.now() + 31_000);
  await observer.refetch();
  expect(asked).toEqual([0]);
  stop();
});

it("gives the very same where no page is another one, so that old pages in the place of new ones are not drawn for ever", () => {
  const page = { items: [{ id: 2, said: "old" }], next: null };
  const held: Pages<Row> = { pages: [page], pageParams: [0] };
  expect(shared(held, held)).toBe(held);
  expect(shared(held, { pages: [page], pageParams: [0] })).toBe(held);
  expect(shared(held, { pages: [{ ...page }], pageParams: [0] })).not.toBe(held);
  expect(shared(held, { pages: [], pageParams: [] })).toEqual({ pages: [], pageParams: [] });
});
