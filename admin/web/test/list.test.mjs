// A list of thousands: whatever way one comes to a place in it, its rows are there, and what one looks at stays.
import assert from "node:assert/strict";
import { test } from "node:test";
import { caller, sendRequests, until } from "./furnish.mjs";
import { openWindow, settled, signIn, world } from "./world.mjs";

const ROWS = 5000;
const PAGE = 1000;

let relay;
let browser;

world((...both) => {
  [relay, browser] = both;
});

/** The pool of 5000 keys, whose names, and so whose rows, are of several heights. */
async function openList(look) {
  const window = await openWindow(browser, relay, look);
  const { page } = window;
  await signIn(page, "demo", relay.password);
  let model = null;
  await page.route(/\/manage\/v1\/pool-keys\?/, async (route) => {
    model ??= (await (await route.fetch()).json()).items[0];
    const asked = new URL(route.request().url()).searchParams;
    const named = (key) => ({ ...key, label: `key ${key.id}${" of a very long name".repeat(key.id % 4)}` });
    if (asked.has("ids")) {
      const { items } = await (await route.fetch()).json();
      return route.fulfill({ json: { items: items.map(named), next: null } });
    }
    const after = Number(asked.get("after") ?? 0);
    const one = (id) => named({ ...model, id });
    const items = Array.from({ length: PAGE }, (_, index) => one(after + index + 1));
    return route.fulfill({ json: { items, next: after + PAGE < ROWS ? after + PAGE : null } });
  });
  await page.goto("/manage/ui/pool");
  await settled(page);
  return window;
}

/** The rows that are on the screen, from the top, each with its place and where it stands; once nothing moves any more. */
async function onScreen(page) {
  return page.evaluate(async () => {
    const frame = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    const look = () =>
      [...document.querySelectorAll("ul.virtual > li")]
        .map((row) => ({ at: Number(row.ariaPosInSet), top: row.getBoundingClientRect().top, bottom: row.getBoundingClientRect().bottom, name: row.querySelector("a").textContent }))
        .filter((row) => row.bottom > 0 && row.top < innerHeight);
    let seen = look();
    for (;;) {
      await frame();
      const now = look();
      if (JSON.stringify(now) === JSON.stringify(seen)) return now;
      seen = now;
    }
  });
}

/** Row after row without a gap, over the whole window. */
function isWhole(rows, height) {
  assert.ok(rows.length > 1, "there are rows");
  for (const [index, row] of rows.entries()) {
    assert.match(row.name, new RegExp(`^key ${row.at}( |$)`), "each row stands at its place");
    const next = rows[index + 1];
    if (next === undefined) continue;
    assert.equal(next.at, row.at + 1);
    assert.ok(Math.abs(next.top - row.bottom) < 1, `no gap after ${row.at}`);
  }
  assert.ok(rows[0].top <= 0, "rows from the top of the window");
  assert.ok(rows.at(-1).bottom >= height, "to its end");
}

/** Scrolls down until all pages are there. */
async function loadAll(page) {
  for (let pages = 1; pages < ROWS / PAGE; pages++) {
    await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
    await page.waitForFunction((count) => Number(document.querySelector("ul.virtual > li")?.ariaSetSize) >= count, (pages + 1) * PAGE);
  }
}

for (const [name, width, height] of [["desk", 1280, 800], ["phone", 360, 740]]) {
  test(`on a ${name} every place of a long list is full, and going back up moves nothing`, async () => {
    const { page, context, problems } = await openList({ width, height });
    await loadAll(page);
    for (const share of [0.5, 0.9, 0.2]) {
      await page.evaluate((share) => scrollTo(0, document.body.scrollHeight * share), share);
      let rows = await onScreen(page);
      isWhole(rows, height);
      // Rows that were only guessed come in above; the one that is looked at moves as far as the page was scrolled.
      for (let steps = 0; steps < 5; steps++) {
        const held = rows[0];
        await page.evaluate(() => scrollBy(0, -150));
        rows = await onScreen(page);
        isWhole(rows, height);
        const now = rows.find((row) => row.at === held.at);
        assert.ok(now === undefined ? held.bottom + 150 > height : Math.abs(now.top - held.top - 150) < 2, `row ${held.at} moved with the page`);
      }
    }
    await page.setViewportSize({ width: width - 40, height });
    isWhole(await onScreen(page), height);
    await context.close();
    assert.deepEqual(problems, []);
  });
}

test("a key opened from the middle of the list leaves it where it was, and another tab is the browser's matter", async () => {
  const { page, context, problems } = await openList({});
  await page.evaluate(() => scrollTo(0, 20_000));
  const before = await onScreen(page);
  const row = page.getByRole("link", { name: before[3].name, exact: true });
  assert.match(await row.getAttribute("href"), new RegExp(`/manage/ui/pool\\?open=${before[3].at}$`));
  const aside = context.waitForEvent("page");
  await row.click({ modifiers: ["Control"] });
  await (await aside).close();
  assert.equal(new URL(page.url()).search, "");
  await row.click();
  await page.waitForURL("**/pool?open=*");
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(await onScreen(page), before);
  await context.close();
  assert.deepEqual(problems.filter((problem) => !problem.includes("status of 404")), [], "there is no such key");
});

test("a key that is paused elsewhere changes its row, and no page of the list is read again for it", async () => {
  const admin = await caller(relay, "demo");
  const { items } = await admin("GET", "/pool-keys?limit=1");
  const { page, context, problems } = await openList({});
  await loadAll(page);
  await page.evaluate(() => scrollTo(0, 0));
  const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: new RegExp(`^key ${items[0].id}( |$)`) }) });
  await row.waitFor();
  const asked = [];
  page.on("request", (request) => {
    const { pathname, searchParams } = new URL(request.url());
    if (pathname === "/manage/v1/pool-keys") asked.push(searchParams.get("ids"));
  });
  await admin("PATCH", `/pool-keys/${items[0].id}`, { state: "paused", reason: "seen from elsewhere" });
  await row.getByText("seen from elsewhere").waitFor();
  // Others may change meanwhile, too.
  assert.ok(asked.length < ROWS / PAGE && !asked.includes(null), `asked for ${asked.join(" and ")}`);
  assert.ok(asked.some((ids) => ids.split(",").includes(String(items[0].id))), `asked for ${asked.join(" and ")}`);
  await admin("PATCH", `/pool-keys/${items[0].id}`, { state: "active" });
  await row.getByText("seen from elsewhere").waitFor({ state: "detached" });
  await context.close();
  assert.deepEqual(problems, []);
});

test("the reason of a refused request leads to all that were refused for it", async () => {
  const admin = await caller(relay, "demo");
  const { text } = await admin("POST", "/me/keys", { name: "slow", rate_limit: 1 });
  const ids = await sendRequests(relay, 12);
  ids.push(...(await sendRequests({ ...relay, client_key: text, other_client_key: text }, 12)));
  for (const id of ids) await until(() => admin("GET", `/requests/${id}`).catch(() => null), (kept) => kept !== null, `the request ${id}`);
  const { page, context, problems } = await openWindow(browser, relay);
  await signIn(page, "demo", relay.password);
  await page.goto("/manage/ui/usage?whose=all&range=1h");
  const list = page.getByRole("list", { name: "Requests" });
  const reasons = list.getByRole("link", { name: /^[a-z_]+$/ });
  // What stands above it comes by and by, and pushes it down.
  await page.waitForFunction(() => {
    document.querySelector("ul.virtual")?.scrollIntoView();
    return [...document.querySelectorAll("ul.virtual a")].some((link) => /^[a-z_]+$/.test(link.textContent));
  });
  await settled(page);
  const size = () => Number(document.querySelector("ul.virtual > li")?.ariaSetSize);
  const rows = await page.evaluate(size);
  const reason = await reasons.first().innerText();
  await reasons.first().click();
  await page.waitForURL(`**/usage?*code=${reason}`);
  await page.getByText("The sums above are of all reasons.").waitFor();
  await settled(page);
  assert.ok((await page.evaluate(size)) < rows, "others are gone");
  assert.deepEqual(new Set(await reasons.allInnerTexts()), new Set([reason]));
  assert.equal(await reasons.count(), await list.getByRole("listitem").count(), "each row has that reason");
  await page.getByRole("link", { name: `Remove the filter Reason: ${reason}` }).click();
  await page.getByText("The sums above are of all reasons.").waitFor({ state: "detached" });
  await settled(page);
  assert.equal(await page.evaluate(size), rows, "all are there again");
  await context.close();
  assert.deepEqual(problems, []);
});
