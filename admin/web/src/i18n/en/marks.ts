import { writer } from "../language";

const { num } = writer("en");

/** What happened while requests fared as a plot shows. */
export const marks = {
  happened: "What happened",
  kind: { start: "an edge started", policy: "how requests are served was changed", finding: "something went wrong" },
  /** After a step's values. */
  besides: (values: string, what: string) => `${values}; ${what}`,
  start: (edge: string, version: string) => `${edge} started with ${version}`,
  act: {
    "limits.edited": "limits changed",
    "settings.edited": "settings changed",
    "upstream.edited": "upstream changed",
    "node.added": "node added",
    "node.edited": "node changed",
    "node.removed": "node taken out",
    "node.activated": "node preferred",
    "node.granted": "node allowed for operators' keys",
    "outbound_proxy.added": "outbound proxy added",
    "outbound_proxy.edited": "outbound proxy changed",
    "outbound_proxy.removed": "outbound proxy removed",
  },
  of: (what: string, name: string) => `${what}: ${name}`,
  more: (n: number) => `${num(n)} more; the table has them all.`,
  cut: (time: string) => `What happened before ${time} is left out: there was too much of it.`,
  sinceStart: "since the last start",
} as const;
