/** The same request for a terminal, with a key of the reader's own. */
import { PLACEHOLDER } from "../keys/snippets";

export function curlOf(path: string, body: unknown): string {
  // A quote ends the shell's text, is written by itself, and begins it anew.
  const json = JSON.stringify(body, null, 1).replaceAll("'", String.raw`'\''`);
  return `curl -N ${location.origin}${path} \\\n  -H "Authorization: Bearer ${PLACEHOLDER}" \\\n  -H "Content-Type: application/json" \\\n  -d '${json}'`;
}
