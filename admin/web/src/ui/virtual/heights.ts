/**
 * Heights of many rows of which few have been seen: what was not measured is guessed. Sums and searches take log n steps,
 * so that a measured row costs the same in a list of a hundred and of a hundred thousand.
 *
 * Inside it is a Fenwick tree of what measured rows are higher than the guess.
 */
export class Heights {
  #guess: number;
  #size = 1024;
  #tree = new Float64Array(this.#size + 1);
  #over = new Float64Array(this.#size);

  /** In pixels, like all that follows. */
  constructor(guess: number) {
    this.#guess = guess;
  }

  /** Forgets what was measured. */
  reset(guess: number): void {
    this.#guess = guess;
    this.#tree.fill(0);
    this.#over.fill(0);
  }

  /** Whether that was news. */
  set(index: number, height: number): boolean {
    while (index >= this.#size) this.#grow();
    const more = height - this.#guess - (this.#over[index] ?? 0);
    if (Math.abs(more) < 0.01) return false;
    this.#over[index] = height - this.#guess;
    this.#add(index, more);
    return true;
  }

  /** Of all rows before this one. */
  before(index: number): number {
    let sum = index * this.#guess;
    for (let at = Math.min(index, this.#size); at > 0; at -= at & -at) sum += this.#tree[at] ?? 0;
    return sum;
  }

  /** The row in which so many pixels after the start of the first are; of none that is there, the next one. */
  at(offset: number): number {
    let [found, left] = [0, offset];
    for (let step = this.#size; step > 0; step >>= 1) {
      const to = found + step;
      if (to > this.#size) continue;
      const height = step * this.#guess + (this.#tree[to] ?? 0);
      if (height > left) continue;
      [found, left] = [to, left - height];
    }
    return found < this.#size ? found : found + Math.max(0, Math.floor(left / this.#guess));
  }

  #add(index: number, more: number): void {
    for (let at = index + 1; at <= this.#size; at += at & -at) this.#tree[at] = (this.#tree[at] ?? 0) + more;
  }

  #grow(): void {
    const over = this.#over;
    this.#size *= 2;
    this.#tree = new Float64Array(this.#size + 1);
    this.#over = new Float64Array(this.#size);
    this.#over.set(over);
    for (const [index, more] of over.entries()) if (more !== 0) this.#add(index, more);
  }
}
