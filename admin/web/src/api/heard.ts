/**
 * What events told of, gathered for a moment: which of the cached answers it makes old, and how they are made new.
 *
 * Invariant: in a query key, the first word is the kind of thing, and a number, or the `id` of an object, is which of them.
 */

/** By kind: these ones, or any of them. */
export type Heard = Map<string, ReadonlySet<number> | "any">;

/** Things of a kind that are read again one by one; of more, all is. */
export const MOST = 50;

/** Adds what one event said: `[]` is any of the kind. */
export function hear(heard: Heard, kind: string, ids: readonly number[]): void {
  const before = heard.get(kind);
  const all = before === "any" || ids.length === 0 ? [] : [...(before ?? []), ...ids];
  const each = new Set(all);
  heard.set(kind, each.size === 0 || each.size > MOST ? "any" : each);
}

/** What an event's data says: an edited thing has one id or, if it goes by a name, none. */
export function idsOf(data: { id?: number | null; ids?: number[] }): number[] {
  if (data.ids !== undefined) return data.ids;
  return data.id === undefined || data.id === null ? [] : [data.id];
}

function aboutOnly(part: unknown): number | null {
  if (typeof part === "number") return part;
  if (typeof part === "object" && part !== null && "id" in part && typeof part.id === "number") return part.id;
  return null;
}

/** `kept`: it is still true. `anew`: it is read again. Otherwise these things in it are. */
export type Fate = "kept" | "anew" | ReadonlySet<number>;

/** What becomes of a cached answer. `canReadSome`: a few of its things can be asked for alone. */
export function fateOf(queryKey: readonly unknown[], canReadSome: boolean, heard: Heard): Fate {
  const [kind, ...parts] = queryKey;
  if (kind === "session") return "kept";
  const ids = heard.has("all") ? "any" : heard.get(String(kind));
  if (ids === undefined) return "kept";
  if (ids === "any") return "anew";
  if (canReadSome) return ids;
  const about = parts.map(aboutOnly).find((id) => id !== null);
  return about === undefined || about === null || ids.has(about) ? "anew" : "kept";
}
