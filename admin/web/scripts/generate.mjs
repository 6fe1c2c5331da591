// Makes the client's types of what the repository publishes: the OpenAPI document, and the page of error codes.
// Nothing of it is committed, so that it cannot differ: what a page asks for and the API has not does not compile.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import openapi, { astToString } from "openapi-typescript";

const docs = new URL("../../../docs/", import.meta.url);
const out = new URL("../src/api/generated/", import.meta.url);

await mkdir(out, { recursive: true });

const schema = JSON.parse(await readFile(new URL("openapi.json", docs), "utf8"));
const ast = await openapi(schema, { alphabetize: true, defaultNonNullable: false });
await writeFile(new URL("schema.ts", out), `// Made by scripts/generate.mjs.\n${astToString(ast)}`);

const page = await readFile(new URL("errors.md", docs), "utf8");
const own = page.indexOf("## The management API");

/** The codes that a table of the page has in its first column. */
function codesOf(table) {
  const rows = table.split("\n").filter((line) => line.startsWith("| `"));
  const codes = rows.flatMap((line) => [...line.split("|")[1].matchAll(/`(\w+)`/g)].map((match) => match[1]));
  if (codes.length < 30) throw new Error("docs/errors.md lacks a table of codes");
  return codes.map((code) => `  "${code}",\n`).join("");
}

await writeFile(
  new URL("codes.ts", out),
  `// Made by scripts/generate.mjs.\nexport const CODES = [\n${codesOf(page.slice(own))}] as const;\nexport type Code = (typeof CODES)[number];
/** Why the relay refuses a request of a client. */\nexport const RELAY_CODES = [\n${codesOf(page.slice(0, own))}] as const;\nexport type RelayCode = (typeof RELAY_CODES)[number];\n`,
);
