/**
 * Two edits of one thing, field by field.
 *
 * Invariant: what only one of the two changed is never asked about the wrong way round: it is taken from whom changed it,
 * unless somebody chooses otherwise.
 */

export type Side = "mine" | "theirs";
export type Picks<F> = Partial<Record<keyof F, Side>>;

const same = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** The fields in which mine and theirs differ, in the form's order, and whose is taken unless somebody chooses. */
export function differing<F extends object>(base: F, mine: F, theirs: F): { field: keyof F; side: Side }[] {
  return (Object.keys(mine) as (keyof F)[])
    .filter((field) => !same(mine[field], theirs[field]))
    .map((field) => ({ field, side: same(mine[field], base[field]) ? "theirs" : "mine" }));
}

/** Theirs, with those fields of mine that are taken. */
export function merged<F extends object>(base: F, mine: F, theirs: F, picks: Picks<F>): F {
  const taken = differing(base, mine, theirs).filter(({ field, side }) => (picks[field] ?? side) === "mine");
  return { ...theirs, ...Object.fromEntries(taken.map(({ field }) => [field, mine[field]])) };
}
