// A walk over all pages: nothing in the console, nobody else asked, no fault that axe finds, nothing wider than the window,
// and each link leads somewhere. Each page once in each theme, in turn on a desktop and a phone and in the three languages;
// with FULL=1 each in all of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { furnish } from "./furnish.mjs";
import { ADMINS, adminsOwn, LANGUAGES, MEMBERS, membersOwn, OPEN, SIZES, THEMES } from "./pages.mjs";
import { faults, openWindow, overflow, settled, signIn, turn, world } from "./world.mjs";

let relay;
let browser;
let made;

world(async (...both) => {
  [relay, browser] = both;
  made = await furnish(relay);
});

/** In which looks a page is seen in a theme. */
function looksOf(theme, index) {
  const sizes = Object.values(SIZES);
  if (process.env.FULL) {
    return sizes.flatMap((size) => LANGUAGES.map((language) => ({ theme, size, language })));
  }
  const other = THEMES.indexOf(theme);
  return [{ theme, size: sizes[(index + other) % sizes.length], language: LANGUAGES[(index + other) % LANGUAGES.length] }];
}

/** What is wrong with the page as it is now. */
async function wrong(page, name, withAxe) {
  const found = (withAxe ? await faults(page) : []).map((fault) => `${name}: ${fault}`);
  const wider = await overflow(page);
  if (wider > 0) found.push(`${name}: ${wider} pixels wider than its window`);
  const text = await page.locator("body").innerText();
  for (const word of ["undefined", "NaN", "[object Object]", "Invalid Date"]) {
    if (text.includes(word)) found.push(`${name}: says “${word}”`);
  }
  return found;
}

/** Sees the pages one after the other; returns what was wrong, and where their links lead. */
async function walk(page, theme, paths, withAxe = true) {
  const found = [];
  const links = new Set();
  for (const [index, path] of paths.entries()) {
    for (const look of looksOf(theme, index)) {
      await turn(page, look);
      await page.goto(`/manage/ui${path}`);
      await settled(page);
      found.push(...(await wrong(page, `${path} (${theme}, ${look.size[0]} px, ${look.language})`, withAxe)));
      const here = await page.evaluate(() => [...document.querySelectorAll("a[href]")].map((link) => link.href));
      for (const link of here) links.add(link);
    }
  }
  return { found, links };
}

for (const theme of THEMES) {
  test(`every page holds in ${theme}, whoever looks`, async () => {
    const { page, context, problems } = await openWindow(browser, relay);
    await page.goto("/manage/ui/sign-in");
    const found = [...(await walk(page, theme, OPEN)).found];
    await signIn(page, "demo", relay.password);
    const pages = [...MEMBERS, ...membersOwn(made), ...ADMINS, ...adminsOwn(made)];
    const { found: more, links } = await walk(page, theme, pages);
    if (theme === "light") found.push(...(await deadLinks(page, pages, links)));
    await context.close();
    assert.deepEqual([...found, ...more, ...problems], []);
  });
}

/** Follows one link of each shape that the walk has not been to. */
async function deadLinks(page, seen, links) {
  const shapeOf = (path) => path.replace(/[0-9a-f]{16,}|[0-9]+/g, "1").replace(/\?.*/, "");
  const shapes = new Set(seen.map(shapeOf));
  const dead = [];
  for (const link of links) {
    const { pathname, origin } = new URL(link);
    const path = pathname.replace("/manage/ui", "");
    if (origin !== relay.base_url || shapes.has(shapeOf(path))) continue;
    shapes.add(shapeOf(path));
    if (!pathname.startsWith("/manage/ui")) {
      const answer = await page.request.get(link);
      if (!answer.ok()) dead.push(`${link}: ${answer.status()}`);
      continue;
    }
    await page.goto(link);
    await settled(page);
    if ((await page.locator("[data-none]").count()) > 0) dead.push(`${link}: there is no such page`);
  }
  return dead;
}

test("a member finds each page of a member whole, and is told whom admins' pages are for", async () => {
  const { page, context, problems } = await openWindow(browser, relay);
  await signIn(page, "guest", relay.password);
  const own = { ...made, my_key: made.client_key, my_pool_key: made.guests_pool_key, my_job: made.guests_job };
  const { found, links } = await walk(page, "light", [...MEMBERS, ...membersOwn(own)], Boolean(process.env.FULL));
  for (const path of ADMINS.map((path) => path.replace(/\?.*/, ""))) {
    assert.ok(![...links].some((link) => new URL(link).pathname === `/manage/ui${path}`), `${path} is offered to a member`);
  }
  await turn(page, { theme: "light", size: SIZES.desktop, language: "en" });
  await page.goto(`/manage/ui${ADMINS[0]}`);
  await page.getByRole("heading", { name: "This is for admins" }).waitFor();
  await context.close();
  assert.deepEqual([...found, ...problems], []);
});
