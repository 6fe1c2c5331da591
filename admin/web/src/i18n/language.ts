/** The languages, and how numbers and plurals are written in each. */

export const LANGUAGES = ["en", "zh", "vi"] as const;
export type Language = (typeof LANGUAGES)[number];

/** Each in its own words: whoever looks for theirs cannot read ours. */
export const LANGUAGE_NAMES: Record<Language, string> = { en: "English", zh: "中文", vi: "Tiếng Việt" };

export function isLanguage(text: string | null | undefined): text is Language {
  return LANGUAGES.some((language) => language === text);
}

/** What was chosen, else what the browser asks for first among ours. */
export function chosen(): Language {
  const kept = localStorage.getItem("potluck.language");
  if (isLanguage(kept)) return kept;
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase());
  return wanted.find(isLanguage) ?? "en";
}

/** Writes numbers and picks plurals. */
export function writer(language: Language) {
  const numbers = new Intl.NumberFormat(language);
  const rules = new Intl.PluralRules(language);
  return {
    num: (value: number) => numbers.format(value),
    /** `one` is only used by languages that have it. */
    many: (value: number, other: string, one = other) =>
      `${numbers.format(value)} ${rules.select(value) === "one" ? one : other}`,
  };
}
