// A relay in front of fakes, and a browser that notes what must not happen: errors in its console, requests to anybody
// else, faults that axe finds, pages that are wider than the window.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { after, before } from "node:test";
import axe from "axe-core";
import { chromium } from "playwright-core";

const BROWSER = process.env.CHROMIUM ?? "/usr/bin/chromium";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** Starts `potluck demo`; ends with the process that asked. */
async function startRelay() {
  const program = spawn(process.env.POTLUCK, ["demo", "--listen", "127.0.0.1:0", "--json"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  process.on("exit", () => program.kill());
  for await (const line of createInterface({ input: program.stdout })) {
    if (line.startsWith("{")) return { ...JSON.parse(line), stop: () => program.kill() };
  }
  throw new Error("the demo did not start");
}

function startBrowser() {
  return chromium.launch({ executablePath: BROWSER, args: ["--no-sandbox", "--no-proxy-server"] });
}

/** A relay and a browser, until `end`. `start` brings the relay. */
export async function raise(start = startRelay) {
  const [relay, browser] = await Promise.all([start(), startBrowser()]);
  const end = async () => {
    await browser.close();
    relay.stop();
  };
  return { relay, browser, end };
}

/** A relay and a browser for all tests of a file; `ready` is given both before the first. */
export function world(ready, start) {
  let raised;
  before(async () => {
    raised = await raise(start);
    await ready(raised.relay, raised.browser);
  });
  after(() => raised?.end());
}

/** A window of somebody who has never been here, or of somebody whose cookies are given. */
export async function openWindow(browser, relay, look = {}, storageState = undefined) {
  const { theme = "light", width = 1280, height = 800, language = "en" } = look;
  const context = await browser.newContext({
    storageState,
    viewport: { width, height },
    colorScheme: theme,
    locale: language,
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
    baseURL: relay.base_url,
  });
  await context.addInitScript(
    (look) => {
      const [words, colours] = JSON.parse(sessionStorage.getItem("look")) ?? look;
      localStorage.setItem("potluck.language", words);
      localStorage.setItem("potluck.theme", colours);
    },
    [language, theme],
  );
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  const problems = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(`${message.text()} (${page.url()})`);
  });
  page.on("pageerror", (error) => problems.push(`${error.message} (${page.url()})`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(relay.base_url) && !/^(data|blob):/.test(url)) problems.push(`asked elsewhere: ${url}`);
  });
  if (process.env.PAGES) await servePages(context, relay, process.env.PAGES);
  return { page, context, problems };
}

/** For quick looks: pages from a folder in place of those that the program carries. */
async function servePages(context, relay, folder) {
  const kinds = { js: "text/javascript", css: "text/css", svg: "image/svg+xml" };
  await context.route(`${relay.base_url}/manage/ui**/**`, (route) => {
    const name = new URL(route.request().url()).pathname.replace(/^\/manage\/ui\/?/, "");
    const file = `${folder}/${name}`;
    const isFile = name !== "" && name !== "index.html" && existsSync(file);
    if (isFile) return route.fulfill({ body: readFileSync(file), contentType: kinds[name.split(".").pop()] });
    const html = readFileSync(`${folder}/index.html`, "utf8").replaceAll("__NONCE__", "nonce0");
    const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'nonce-nonce0'; img-src 'self' blob: data:; connect-src 'self'";
    return route.fulfill({ body: html, contentType: "text/html", headers: { "content-security-policy": policy } });
  });
}

/** Shows the next pages in another theme, size or language. */
export async function turn(page, { theme, size: [width, height], language }) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: theme });
  await page.evaluate(
    ([words, colours]) => {
      sessionStorage.setItem("look", JSON.stringify([words, colours]));
    },
    [language, theme],
  );
}

export async function signIn(page, name, password) {
  await page.goto("/manage/ui/sign-in");
  await page.locator("input[name=username]").fill(name);
  await page.locator("input[name=password]").fill(password);
  await page.locator("form button[type=submit]").click();
  await page.waitForURL("**/manage/ui/home");
}

/** Until the page shows what it has, not its bones. */
export async function settled(page) {
  await page.waitForFunction(() => document.querySelector("h1") && !document.querySelector("[aria-busy=true]"));
}

/** What axe finds, in a line each. */
export async function faults(page) {
  await page.evaluate(axe.source);
  const found = await page.evaluate((only) => globalThis.axe.run(document, { runOnly: only }), RULES);
  return found.violations.map((fault) => `${fault.id}: ${fault.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}

/** How many pixels the page is wider than its window. */
export function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
