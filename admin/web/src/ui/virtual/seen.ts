/**
 * Which rows of a long list are near the window, while the page scrolls.
 *
 * Invariants: what is seen stays where it is when rows above it turn out to be higher or lower than guessed; nothing is done
 * per row that is not near; a scroll within the rows that are there already renders nothing.
 */
import { Heights } from "./heights";

/** Pixels above and below the window in which rows are there before they are seen: a frame of a quick scroll. */
const MARGIN = 400;

export interface Near {
  first: number;
  /** Before the first where there is none. */
  last: number;
  /** Pixels above the first, and of all rows. */
  top: number;
  total: number;
}

export class Seen {
  #heights: Heights;
  #guess: number;
  #guessed = true;
  #count = 0;
  #list: HTMLElement | null = null;
  #width = 0;
  /** Pixels from the start of the page to the list. */
  #offset = 0;
  /** The first row that is there now. */
  #drawn = 0;
  #near: Near = { first: 0, last: -1, top: 0, total: 0 };
  readonly #listeners = new Set<() => void>();

  constructor(guess: number) {
    this.#guess = guess;
    this.#heights = new Heights(guess);
  }

  readonly now = (): Near => this.#near;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** For a ref: watches from now on, until what it returns is called. */
  readonly watch = (list: HTMLElement): (() => void) => {
    this.#list = list;
    const place = new ResizeObserver(() => {
      this.#placed();
    });
    place.observe(document.body);
    place.observe(list);
    window.addEventListener("scroll", this.#look, { passive: true });
    window.addEventListener("resize", this.#look, { passive: true });
    return () => {
      this.#list = null;
      place.disconnect();
      window.removeEventListener("scroll", this.#look);
      window.removeEventListener("resize", this.#look);
    };
  };

  /** How many rows there are. */
  holds(count: number): void {
    this.#count = count;
    this.#look();
  }

  /** Reads how high the rows are that are there now, from this one on. */
  measure(drawn: number): void {
    this.#drawn = drawn;
    const list = this.#list;
    if (list === null || list.children.length === 0) return;
    const heights = Array.from(list.children, (row) => row.getBoundingClientRect().height);
    if (this.#guessed) {
      // The first that were ever seen are a better guess of all others.
      this.#guessed = false;
      this.#guess = heights.reduce((sum, height) => sum + height, 0) / heights.length || this.#guess;
      this.#heights.reset(this.#guess);
      this.#note(heights);
    } else {
      const moved = this.#moved(() => this.#note(heights));
      if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
    }
    this.#look();
  }

  /** By how many pixels the topmost row that is seen is lower after an act. */
  #moved(act: () => void): number {
    const above = window.scrollY - this.#offset;
    const anchor = above <= 0 ? 0 : this.#heights.at(above);
    const before = this.#heights.before(anchor);
    act();
    return this.#heights.before(anchor) - before;
  }

  #note(heights: number[]): void {
    for (const [at, height] of heights.entries()) this.#heights.set(this.#drawn + at, height);
  }

  /** What stands above the list may grow after it, and rows wrap otherwise in another width. */
  #placed(): void {
    if (this.#list === null) return;
    const { top, width } = this.#list.getBoundingClientRect();
    this.#offset = Math.round(top + window.scrollY);
    if (width !== this.#width) {
      const first = this.#width === 0;
      this.#width = width;
      if (!first) this.#widthChanged();
    }
    this.#look();
  }

  #widthChanged(): void {
    const moved = this.#moved(() => {
      this.#heights.reset(this.#guess);
      this.#guessed = true;
      this.measure(this.#drawn);
    });
    if (moved !== 0) window.scrollBy({ top: moved, behavior: "instant" });
  }

  readonly #look = (): void => {
    const from = window.scrollY - this.#offset;
    const end = this.#count - 1;
    const first = Math.max(0, Math.min(this.#heights.at(from - MARGIN), end));
    const last = Math.min(this.#heights.at(from + window.innerHeight + MARGIN), end);
    const near = { first, last, top: this.#heights.before(first), total: this.#heights.before(this.#count) };
    const was = this.#near;
    if (near.first === was.first && near.last === was.last && near.top === was.top && near.total === was.total) return;
    this.#near = near;
    for (const listener of this.#listeners) listener();
  };
}
