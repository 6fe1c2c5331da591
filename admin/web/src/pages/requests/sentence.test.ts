import { expect, it } from "vitest";
import { RELAY_CODES } from "../../api/generated/codes";
import type { Details, MyRequest } from "../../api/queries/usage";
import en from "../../i18n/en";
import vi from "../../i18n/vi";
import zh from "../../i18n/zh";
import { formats } from "../../lib/format";
import { whoseDoing } from "./blame";
import { courseOf, groupsOf, lengthOf } from "./course";
import { plainText } from "./plainText";
import { sentencesOf } from "./sentence";

const f = formats("en");
const none = { amount: null, source: "none" } as const;
const ID = "feed0000000000000001";

function line(change: Partial<MyRequest> = {}): MyRequest {
  return {
    request_id: ID,
    ended_at: Date.UTC(2026, 10, 21, 14, 31),
    endpoint: "generate_image",
    model: "nai-diffusion-4-5-full",
    upstream: "novelai",
    status: 200,
    ended: "whole",
    class: "ok",
    attempts: 1,
    queued_us: 0,
    first_byte_us: 1_000_000,
    total_us: 1_200_000,
    own_us: 210,
    asked_bytes: 10,
    answered_bytes: 20,
    prompt_tokens: none,
    cached_tokens: none,
    completion_tokens: none,
    images: none,
    anlas: none,
    cost_micros: none,
    ...change,
  };
}

function details(change: Partial<MyRequest> = {}, steps: unknown[] = []): Details {
  const trace = steps.length === 0 ? null : ({ steps, left_out: 0 } as unknown as Details["trace"]);
  return { request: line(change), trace, pool_keys: [{ pool_key: 7, name: "key A" }] };
}

const said = (of: Details) => sentencesOf(of.request as MyRequest, of, en, f).join(" ");
const attempt = (change: object) => ({
  step: "attempt",
  at_ms: 12_600,
  pool_key: 7,
  took_ms: 1400,
  status: 200,
  outcome: "ok",
  rule: "ok",
  scope: "none",
  cool_down: "none",
  retry: "never",
  ...change,
});
const busy = attempt({ at_ms: 300, took_ms: 300, status: 429, outcome: "busy", rule: "novelai-locked", scope: "key", cool_down: "conflict", retry: "next-key", retry_after_ms: 8000 });

it("tells whoever waited that nothing is wrong with the request", () => {
  const text = said(details({ queued_us: 11_200_000, first_byte_us: 12_400_000, total_us: 12_600_000 }));
  expect(text).toBe("Waited 11.2 sec for a free key, then answered, after 12.6 sec in all. Nothing is wrong with your request.");
  expect(said(details({ queued_us: 196_000, total_us: 272_000 }))).toContain("Waited 196 ms for a free key");
  expect(said(details({ total_us: 35_000 }))).toBe("Answered after 35 ms.");
});

it("says where the time went", () => {
  expect(said(details({ first_byte_us: 8_100_000, total_us: 8_800_000 }))).toContain("8.1 sec, the upstream worked");
  expect(said(details({ first_byte_us: 500_000, total_us: 8_500_000 }))).toContain("8 sec, the answer was on its way");
  const retried = details({ attempts: 2, first_byte_us: 9_000_000, total_us: 9_100_000 }, [{ ...busy, at_ms: 8000, took_ms: 8000 }, attempt({ at_ms: 9000, took_ms: 1000 })]);
  expect(said(retried)).toContain("attempts that came to nothing");
});

it("blames nobody whom the books do not blame", () => {
  expect(whoseDoing(line())).toBe("nobody");
  expect(whoseDoing(line({ class: "limited", status: 429, code: "rate_limited" }))).toBe("limit");
  expect(whoseDoing(line({ class: "upstream_refused", status: 429 }))).toBe("upstream");
  expect(whoseDoing(line({ class: "upstream_refused", status: 400 }))).toBe("you");
  expect(whoseDoing(line({ class: "unserved", status: 429, code: "pool_busy", limit_source: "upstream" }))).toBe("upstream");
  expect(whoseDoing(line({ class: "unserved", status: 503, code: "pool_busy" }))).toBe("pool");
  expect(whoseDoing(line({ class: "unserved", status: 503, code: "of_a_newer_relay" }))).toBe("pool");
});

it("has a sentence for each reason of the relay in each language, and its bare word for one that it does not know", () => {
  for (const [language, t] of [["en", en], ["zh", zh], ["vi", vi]] as const) {
    for (const code of RELAY_CODES) {
      const text = sentencesOf(line({ class: "refused", status: 400, code }), details(), t, formats(language)).join("");
      expect(text.length).toBeGreaterThan(5);
    }
  }
  expect(said(details({ class: "refused", status: 400, code: "of_a_newer_relay" }))).toContain("of_a_newer_relay");
});

it("draws waits and attempts where they were, and tells who served", () => {
  const census = { keys: 4, ready: 0, unsuited: 0, named: [{ pool_key: 7, why: "leased" }, { pool_key: 8, why: "leased" }, { pool_key: 9, why: "cooling", back_in_ms: 40_000 }] };
  const of = details({ attempts: 2, total_us: 12_700_000 }, [
    { step: "none_free", at_ms: 0, census },
    { step: "waited", at_ms: 11_200, took_ms: 11_200, ahead: 2, expected_ms: 9000, got: true },
    { ...busy, at_ms: 11_500 },
    attempt({}),
  ]);
  const rows = courseOf(of, en, f);
  expect(rows.map((row) => [row.title, row.from, row.to])).toEqual([
    ["No key was free", 0, 0],
    ["In the queue", 0, 11_200],
    ["Attempt 1 · key A", 11_200, 11_500],
    ["Attempt 2 · key A", 11_200, 12_600],
    ["The answer", 12_600, 12_700],
  ]);
  expect(rows[2]?.text).toBe("429: the key was busy (rule novelai-locked). The key rests. It asked for 8 sec of peace. Another attempt was allowed.");
  expect(lengthOf(of, rows)).toBe(12_700);
  expect(groupsOf(census as never, en, f)).toEqual(["2 working for others", "1 resting, the first back in 40 sec", "1 more"]);
});

it("copies a paragraph with the id, what happened and each step", () => {
  const text = plainText(ID, details({ attempts: 2 }, [{ ...busy, node: "image" }, attempt({})]), en, f);
  expect(text).toContain(`Request ${ID}`);
  expect(text).toContain("Attempt 1 · key A · at image, 300 ms: 429: the key was busy");
  expect(text.split("\n").at(-1)).toBe("The relay's own part: 0.21 ms");
});
