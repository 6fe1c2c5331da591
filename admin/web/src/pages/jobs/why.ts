/** Why an item of a job is as it is, in words; a word of a newer server stands for itself. */
import { useI18n } from "../../i18n";

export function useWhyWord() {
  const { t } = useI18n();
  const words: Readonly<Record<string, string>> = t.jobsPage.why;
  return (word: string) => (Object.hasOwn(words, word) ? (words[word] ?? word) : word);
}
