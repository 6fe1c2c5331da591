// Packs what was built for the relay to carry, and holds the first load against its budget.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
// KiB, brotli: what the first page needs, and what it must never exceed.
const BUDGET = 260;
const STOP = 300;
// KiB, brotli: any one part that is loaded later.
const PART = 60;

const manifest = JSON.parse(await readFile(join(dist, ".vite/manifest.json"), "utf8"));
await rm(join(dist, ".vite"), { recursive: true });

const sizes = new Map();
for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(js|css|svg)$/.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const bytes = await readFile(path);
  const options = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  const br = brotliCompressSync(bytes, options);
  await writeFile(`${path}.br`, br);
  await writeFile(`${path}.gz`, gzipSync(bytes, { level: 9 }));
  sizes.set(path.slice(dist.length), br.length);
}

/** A chunk with what it cannot run without. */
function closure(name, seen = new Set()) {
  if (seen.has(name)) return seen;
  seen.add(name);
  for (const other of manifest[name].imports ?? []) closure(other, seen);
  return seen;
}

function weight(names) {
  const files = new Set();
  for (const name of names) {
    files.add(manifest[name].file);
    for (const css of manifest[name].css ?? []) files.add(css);
  }
  return [...files].reduce((sum, file) => sum + (sizes.get(file) ?? 0), 0) / 1024;
}

const entry = closure("index.html");
// Home and the heaviest language come with the first load, too.
const home = closure("src/pages/home/Home.tsx");
const languages = ["en", "zh", "vi"].map((language) => `src/i18n/${language}.ts`).filter((name) => manifest[name]);
const language = Math.max(0, ...languages.map((name) => weight([name])));
const first = weight(new Set([...entry, ...home])) + language;
console.log(`first load ${first.toFixed(1)} KiB (budget ${BUDGET}, stop ${STOP})`);

let over = first > STOP;
if (first > BUDGET) console.error(`over the budget of ${BUDGET} KiB`);
for (const [name, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const own = weight([...closure(name)].filter((part) => !entry.has(part)));
  console.log(`  ${own.toFixed(1).padStart(6)} KiB  ${name}`);
  over ||= own > PART;
}
if (over) {
  console.error("too heavy");
  process.exit(1);
}
