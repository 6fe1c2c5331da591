import { writer } from "../language";

const { num, many } = writer("en");

/** What a pool key's state is in words. `by` is the upstream's name. */
export interface Facts {
  by: string;
  since: string | null;
  next: string | null;
  attempt: number;
  inFlight: number | null;
  checked: string | null;
}

const next = (at: string | null, otherwise: string) => (at === null ? otherwise : `Next look ${at}.`);

export const states = {
  word: {
    pending: "being checked",
    healthy: "healthy",
    cooling: "resting",
    drained: "used up",
    suspect: "in doubt",
    invalid: "not accepted",
    paused: "paused",
    withdrawn: "withdrawn",
  },
  text: {
    pending: (f: Facts) =>
      f.attempt > 0
        ? `We could not find out with ${f.by} yet (try ${num(f.attempt)}). Nothing speaks against the key. ${next(f.next, "We try again soon.")}`
        : `Being checked with ${f.by}, usually under 10 s. It serves nobody and adds nothing to the limit yet.`,
    healthy: (f: Facts) =>
      f.inFlight !== null && f.inFlight > 0
        ? `Working on ${many(f.inFlight, "requests", "request")} now.`
        : `Ready.${f.checked === null ? "" : ` ${f.by} confirmed it ${f.checked}.`}`,
    cooling: (f: Facts) =>
      f.next === null
        ? "Resting after an answer that said: not now. It comes back by itself."
        : `Resting until ${f.next}, after an answer that said: not now. It comes back by itself.`,
    drained: (f: Facts) =>
      `Nothing is left on the account. ${next(f.next, "We look again soon.")} It comes back by itself when the balance does.`,
    suspect: (f: Facts) => `${f.by} refused it once. That is not held against the key yet: a second look decides. ${next(f.next, "It comes soon.")}`,
    invalid: (f: Facts) =>
      `${f.by} does not accept this key any more, and a second look agreed. Usually a newer token replaced it, or the subscription ended. ${next(f.next, "We try again from time to time.")} Quicker: bring the new token.`,
    paused: (f: Facts) => `Held back${f.since === null ? "" : ` ${f.since}`}. Serves nobody until it is resumed.`,
    withdrawn: (f: Facts) =>
      `Taken out for ever${f.since === null ? "" : ` ${f.since}`}. Its sealed text is erased. What it served stays in the numbers.`,
  },
  sameAccount: "The pool has another key of this account. Only one of them can serve.",
  reason: (word: string) => `Reason: ${word}`,
  hold: {
    paused: "paused",
    hours: "outside its hours",
    cap: "done for today",
    reserve: "keeps its reserve",
  },
  holdText: {
    pausedByYou: (since: string | null) => `Paused by its contributor${since === null ? "" : ` ${since}`}. Serves nobody until they resume.`,
    pausedByAdmin: (reason: string | null) =>
      `Paused by an admin${reason === null ? "" : `: “${reason}”`}. Only an admin can resume it.`,
    hours: (until: string | null) => `Outside its hours${until === null ? "." : `; back ${until}.`}`,
    cap: (until: string | null) => `It has done for today what its contributor allows${until === null ? "." : `; back ${until}.`}`,
    reserve: "What is left on the account is kept. Free generations still run.",
  },
} as const;
