// How quick the pages are, in a real browser over the real program: first contentful paint, the time in which the page could
// not answer, and a list of 100 000 pool keys scrolled. Exit 1 where a median is over its budget.
import { availableParallelism, loadavg } from "node:os";
import { furnish } from "./furnish.mjs";
import { openWindow, settled, signIn, startBrowser, startRelay } from "./world.mjs";

const ROUNDS = Number(process.env.ROUNDS ?? 7);
const BUDGET = { paint: 1000, blocked: 100, smooth: 0.95 };
const PAGES = ["/sign-in", "/home", "/keys", "/contribute", "/usage", "/pool", "/now", "/users"];
const ROWS = 100_000;

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const spread = (values) => `${Math.round(Math.min(...values))}–${Math.round(Math.max(...values))}`;
const tell = (name, unit, values, budget) => {
  const middle = median(values);
  const over = middle > budget;
  console.log(`${name.padEnd(34)} ${String(Math.round(middle)).padStart(6)} ${unit}   (${spread(values)}, at most ${budget})${over ? "   OVER" : ""}`);
  return over;
};

const [relay, browser] = await Promise.all([startRelay(), startBrowser()]);
await furnish(relay, 120);
const { page: first, context: signedIn } = await openWindow(browser, relay);
await signIn(first, "demo", relay.password);
const cookies = await signedIn.storageState();
await signedIn.close();

/** Notes paints and long tasks from the first moment on. */
const watch = () => {
  globalThis.seen = { tasks: [], paint: null };
  new PerformanceObserver((list) => {
    for (const task of list.getEntries()) globalThis.seen.tasks.push({ start: task.startTime, took: task.duration });
  }).observe({ type: "longtask", buffered: true });
  new PerformanceObserver((list) => {
    for (const paint of list.getEntriesByName("first-contentful-paint")) globalThis.seen.paint = paint.startTime;
  }).observe({ type: "paint", buffered: true });
};

/** One load with nothing kept from before. Blocked is what tasks took over 50 ms each, from the first paint on. */
async function load(path) {
  const { page, context } = await openWindow(browser, relay, {}, path === "/sign-in" ? undefined : cookies);
  await page.addInitScript(watch);
  await page.goto(`/manage/ui${path}`);
  await settled(page);
  await page.waitForFunction(() => globalThis.seen.paint !== null);
  // Idle twice: what rendered last has told of its tasks.
  await page.evaluate(() => new Promise((done) => requestIdleCallback(() => requestIdleCallback(done))));
  const { paint, tasks } = await page.evaluate(() => globalThis.seen);
  await context.close();
  const blocked = tasks.filter((task) => task.start >= paint).reduce((sum, task) => sum + task.took - 50, 0);
  return { paint, blocked };
}

let over = false;
console.log(`median of ${ROUNDS} loads with an empty cache (lowest–highest)`);
console.log(`load of the machine before: ${loadavg()[0].toFixed(1)} on ${availableParallelism()} processors\n`);
for (const path of PAGES) {
  const loads = [];
  for (let round = 0; round < ROUNDS; round++) loads.push(await load(path));
  over = tell(`${path}: first contentful paint`, "ms", loads.map((each) => each.paint), BUDGET.paint) || over;
  over = tell(`${path}: total blocking time`, "ms", loads.map((each) => each.blocked), BUDGET.blocked) || over;
}

/** The pool's list over 100 000 keys, as the API would send them: one real key, over and over with other ids. */
async function scroll() {
  const { page, context } = await openWindow(browser, relay, {}, cookies);
  let model = null;
  const last = (after) => Math.min(ROWS, after + 1000);
  await page.route(/\/manage\/v1\/pool-keys\?/, async (route) => {
    const url = new URL(route.request().url());
    if (model === null) {
      const answer = await route.fetch();
      model = (await answer.json()).items[0];
    }
    const after = Number(url.searchParams.get("after") ?? 0);
    const items = Array.from({ length: last(after) - after }, (_, index) => ({ ...model, id: after + index + 1, label: `key ${after + index + 1}` }));
    await route.fulfill({ json: { items, next: last(after) < ROWS ? last(after) : null } });
  });
  await page.goto("/manage/ui/pool");
  await settled(page);
  const frames = await page.evaluate(async (rows) => {
    const frame = () => new Promise((done) => requestAnimationFrame(done));
    // To the end first, page by page, until all rows are there.
    const list = () => document.querySelector("ul.virtual");
    const size = () => Number(list()?.querySelector("li")?.getAttribute("aria-setsize") ?? 0);
    while (size() < rows) {
      scrollTo(0, document.body.scrollHeight);
      await frame();
    }
    scrollTo(0, 0);
    for (let still = 0; still < 30; still++) await frame();
    const took = [];
    let before = performance.now();
    for (let at = 0; at < 600; at++) {
      scrollBy(0, 400);
      await frame();
      const now = performance.now();
      took.push(now - before);
      before = now;
    }
    return took;
  }, ROWS);
  await context.close();
  return frames;
}

const frames = await scroll();
// A frame at 60 Hz is 16.7 ms long; one that is late takes two.
const smooth = frames.filter((took) => took < 17.7).length / frames.length;
const rough = smooth < BUDGET.smooth;
console.log(
  `\nscrolling ${ROWS} rows, 600 frames     ${(smooth * 100).toFixed(1)} % in time   (median ${median(frames).toFixed(1)} ms, longest ${Math.max(...frames).toFixed(1)} ms, at least ${BUDGET.smooth * 100} %)${rough ? "   OVER" : ""}`,
);

await browser.close();
relay.stop();
process.exit(over || rough ? 1 : 0);
