/** What stands in the URL of Usage: whose, when, of what, and how it is shown. */
import { type Endpoint, type Filter, GROUPS, type RequestFilter, type StatusClass, type Step, type Time } from "../../api/queries/usage";
import { numberIn, oneOf, textIn } from "../../search";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Times up to now, how long they are, and how fine their steps: at most 400 of them. */
export const RANGES = {
  "1h": { ms: HOUR, step: "1m" },
  "6h": { ms: 6 * HOUR, step: "5m" },
  "24h": { ms: DAY, step: "5m" },
  "7d": { ms: 7 * DAY, step: "1h" },
  "30d": { ms: 30 * DAY, step: "1d" },
  "90d": { ms: 90 * DAY, step: "1d" },
} as const satisfies Record<string, { ms: number; step: Step }>;
export type Range = keyof typeof RANGES;
const RANGE_NAMES = Object.keys(RANGES) as Range[];
const USUAL: Range = "24h";

export const SHOWS = ["requests", "tokens", "images", "anlas", "time", "wait"] as const;
export type Show = (typeof SHOWS)[number];

export const CLASSES = ["ok", "left", "limited", "refused", "upstream_refused", "upstream_failed", "unserved"] as const satisfies readonly StatusClass[];
export const ENDPOINTS = [
  "chat",
  "completions",
  "responses",
  "embeddings",
  "images",
  "audio",
  "moderations",
  "models",
  "files",
  "generate_image",
  "image_tools",
  "generate_text",
  "generate_voice",
  "account",
  "other",
] as const satisfies readonly Endpoint[];

export interface UsageSearch {
  whose?: "all";
  range?: Range;
  /** Unix milliseconds; both or none. */
  from?: string;
  to?: string;
  show?: Show;
  by?: (typeof GROUPS)[number];
  class?: StatusClass;
  endpoint?: Endpoint;
  key?: string;
  model?: string;
  up?: string;
  user?: string;
  pool?: string;
  node?: string;
  /** Why the relay refused; of the list alone. */
  code?: string;
}

export function usageSearch(search: Record<string, unknown>): UsageSearch {
  const [from, to] = [numberIn(search.from), numberIn(search.to)];
  const between = from !== undefined && to !== undefined && Number(from) < Number(to) ? { from, to } : {};
  return {
    whose: oneOf(["all"], search.whose),
    range: "from" in between ? undefined : oneOf(RANGE_NAMES, search.range),
    ...between,
    show: oneOf(SHOWS, search.show),
    by: oneOf(GROUPS, search.by),
    class: oneOf(CLASSES, search.class),
    endpoint: oneOf(ENDPOINTS, search.endpoint),
    key: numberIn(search.key),
    model: textIn(search.model),
    up: textIn(search.up),
    user: numberIn(search.user),
    pool: numberIn(search.pool),
    node: textIn(search.node),
    code: codeIn(search.code),
  };
}

/** A word of the API, such as `rate_limited_user`. */
function codeIn(value: unknown): string | undefined {
  const text = textIn(value);
  return text !== undefined && /^[a-z_]{1,64}$/.test(text) ? text : undefined;
}

export function rangeOf(search: UsageSearch): Range | null {
  return search.from === undefined ? (search.range ?? USUAL) : null;
}

/** From the minute in which an edge started to the end of this one. */
export function sinceStart(start: number, now: number): Pick<UsageSearch, "range" | "from" | "to"> {
  return { range: undefined, from: String(Math.floor(start / MINUTE) * MINUTE), to: String((Math.floor(now / MINUTE) + 1) * MINUTE) };
}

/** `null` for the usual one, which does not stand in the URL. */
export function rangeIn(range: Range): Range | undefined {
  return range === USUAL ? undefined : range;
}

export function timeOf(search: UsageSearch): Time {
  if (search.from !== undefined && search.to !== undefined) return { from: Number(search.from), to: Number(search.to) };
  return { range: search.range ?? USUAL };
}

const COARSER: [Step, number][] = [
  ["1m", MINUTE],
  ["5m", 5 * MINUTE],
  ["1h", HOUR],
  ["1d", DAY],
];
const MOST = 400;

/** The finest step of which there are not too many. */
export function stepOf(search: UsageSearch): Step {
  const range = rangeOf(search);
  if (range !== null) return RANGES[range].step;
  const long = Number(search.to) - Number(search.from);
  return COARSER.find(([, ms]) => long / ms <= MOST)?.[0] ?? "1d";
}

/** The filters by their names in the URL, and what the API calls them. */
export const FILTERS = ["class", "endpoint", "key", "model", "up", "user", "pool", "node", "code"] as const satisfies readonly (keyof UsageSearch)[];
export type FilterName = (typeof FILTERS)[number];

export function filterOf(search: UsageSearch): Filter {
  const id = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  return {
    class: search.class,
    endpoint: search.endpoint,
    client_key: id(search.key),
    model: search.model,
    upstream: search.up,
    user: id(search.user),
    pool_key: id(search.pool),
    node: search.node,
  };
}

/** The same for the list of requests, which is narrowed by reasons, too. */
export function requestsOf(search: UsageSearch): RequestFilter {
  return { ...filterOf(search), code: search.code };
}

export function filtersIn(search: UsageSearch): FilterName[] {
  return FILTERS.filter((name) => search[name] !== undefined);
}

/** Of which filter a group of the breakdown is. */
export const FILTER_OF: Record<(typeof GROUPS)[number], FilterName> = {
  model: "model",
  endpoint: "endpoint",
  client_key: "key",
  class: "class",
  upstream: "up",
  user: "user",
  pool_key: "pool",
  node: "node",
};
