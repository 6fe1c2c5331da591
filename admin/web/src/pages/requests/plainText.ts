/** A request as a paragraph to send to somebody: nothing of a prompt, an answer, a key's text or an address is in it. */
import type { Details } from "../../api/queries/usage";
import type { Messages } from "../../i18n";
import type { Formats } from "../../lib/format";
import { courseOf } from "./course";
import { sentencesOf } from "./sentence";

export function plainText(id: string, details: Details, t: Messages, f: Formats): string {
  const known = details.request ?? null;
  const lines = [`${t.requestPage.title} ${id}`];
  if (known !== null) {
    const what = [known.upstream, t.traffic.endpoint[known.endpoint], known.model].filter(Boolean).join(" · ");
    lines.push(`${new Date(known.ended_at).toISOString()} · ${what} · ${known.status}${known.code ? ` ${known.code}` : ""}`);
    lines.push(f.sentences(sentencesOf(known, details, t, f)));
  }
  for (const row of courseOf(details, t, f)) {
    lines.push(`  ${row.title}, ${row.took}${typeof row.text === "string" && row.text !== "" ? `: ${row.text}` : ""}`);
  }
  if (known?.own_us !== null && known?.own_us !== undefined) lines.push(`${t.requestPage.own}: ${f.us(known.own_us)}`);
  return lines.join("\n");
}
