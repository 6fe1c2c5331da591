/** What stands in the URL besides the path: flat texts, so that links can be read and written by hand. */

export type Search = Record<string, string>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}

/** What says nothing is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const said = Object.entries(search).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(said.map(([name, value]) => [name, String(value)])).toString();
  return text === "" ? "" : `?${text}`;
}

/** A search parameter that is one of a few words; any other word is dropped. */
export function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value);
}

export function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The digits of an id; anything else is dropped. */
export function numberIn(value: unknown): string | undefined {
  const text = textIn(value);
  return text !== undefined && /^[0-9]{1,15}$/.test(text) ? text : undefined;
}

/** A path within the pages, and nothing that leads elsewhere. */
export function insideOnly(value: unknown): string | undefined {
  const text = textIn(value);
  return text?.startsWith("/") && !/^\/[/\\]/.test(text) ? text : undefined;
}
