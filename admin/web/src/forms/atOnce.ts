/**
 * A change that is seen before the server has answered.
 *
 * Invariant: what it shows is what was there with a few fields changed; going back restores what was there before, unless
 * the server has said something newer meanwhile.
 */
import type { QueryClient } from "@tanstack/react-query";

type Fields = Record<string, unknown>;

export interface AtOnce<In> {
  /** The first word of the query keys that hold such things. */
  kind: string;
  /** Which of them. */
  is: (thing: Fields) => boolean;
  fields: (input: In, thing: Fields) => Fields;
}

function isObject(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The same data with the thing changed, wherever in pages and lists it is; the same object where it is not. */
export function changed(data: unknown, is: (thing: Fields) => boolean, fields: (thing: Fields) => Fields): unknown {
  if (Array.isArray(data)) {
    const after = data.map((each: unknown) => changed(each, is, fields));
    return after.some((each, index) => each !== data[index]) ? after : data;
  }
  if (!isObject(data)) return data;
  for (const list of ["items", "pages"]) {
    if (!(list in data)) continue;
    const after = changed(data[list], is, fields);
    return after === data[list] ? data : { ...data, [list]: after };
  }
  return is(data) ? { ...data, ...fields(data) } : data;
}

/** Changes it everywhere; returns the way back. */
export function change<In>(client: QueryClient, { kind, is, fields }: AtOnce<In>, input: In): () => void {
  // What is on its way was asked before the change.
  void client.cancelQueries({ queryKey: [kind] });
  const made: { queryKey: readonly unknown[]; before: unknown; after: unknown }[] = [];
  for (const [queryKey, before] of client.getQueriesData({ queryKey: [kind] })) {
    const after = changed(before, is, (thing) => fields(input, thing));
    if (after === before) continue;
    // The cache keeps a copy that shares what is the same.
    made.push({ queryKey, before, after: client.setQueryData(queryKey, after) });
  }
  return () => {
    for (const { queryKey, before, after } of made) {
      if (client.getQueryData(queryKey) === after) client.setQueryData(queryKey, before);
    }
  };
}
