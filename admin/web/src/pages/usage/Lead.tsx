/** Usage in a few sentences. What is not known is not said. */
import type { Usage, UsageSums } from "../../api/queries/usage";
import { type Messages, useI18n } from "../../i18n";
import type { Formats } from "../../lib/format";

/** What was used, figure by figure; estimates are marked. */
export function usedOf(sums: UsageSums, t: Messages, f: Formats): string[] {
  const { prompt_tokens, completion_tokens, images, anlas } = sums;
  const guessed = prompt_tokens.estimated + completion_tokens.estimated;
  const tokens = prompt_tokens.reported + completion_tokens.reported + guessed;
  const parts: string[] = [];
  if (tokens > 0) {
    const said = f.short(tokens);
    parts.push(guessed === 0 ? t.traffic.tokens(said) : t.usagePage.tokensGuessed(said, f.share(guessed / tokens)));
  }
  const pictures = images.reported + images.estimated;
  if (pictures > 0) parts.push(t.traffic.images(pictures));
  const spent = anlas.reported + anlas.estimated;
  if (spent > 0 || pictures > 0) parts.push(anlas.estimated > 0 ? t.lively.anlasGuessed(f.num(spent)) : t.common.anlas(spent));
  return parts;
}

export function sentences(of: Usage, t: Messages, f: Formats): string[] {
  const { total, before, times } = of;
  const requests = total.sums.requests;
  const failed = requests - total.classes.ok;
  const said = [t.usagePage.lead(requests, failed, requests === 0 ? f.none : f.share(failed / requests))];
  const used = usedOf(total.sums, t, f);
  if (used.length > 0) said.push(t.usagePage.used(f.list(used)));
  if (before && requests > 0) {
    const was = before.sums.requests;
    said.push(was === 0 ? t.usagePage.beforeNone : t.usagePage.before(f.change(requests / was - 1)));
  }
  if (times.total && requests > 0) said.push(t.usagePage.times(f.us(times.total.p50_us), f.us(times.total.p95_us)));
  return said;
}

export function Lead({ of }: { of: Usage }) {
  const { t, f } = useI18n();
  return f.sentences(sentences(of, t, f));
}
