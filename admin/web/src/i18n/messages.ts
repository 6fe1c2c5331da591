/** The shape of a language: what English has, with any words. A missing or further key does not compile. */
import type en from "./en";

type Widen<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : T extends readonly string[]
      ? readonly string[]
      : { readonly [K in keyof T]: Widen<T[K]> };

export type Messages = Widen<typeof en>;
/** One part of it, for the files of the other languages. */
export type Part<K extends keyof Messages> = Messages[K];
