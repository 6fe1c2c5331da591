// Each page while the API is slow, fails, has nothing or is gone, and after the session has ended: it says what happened, the
// rest of the page stays, and there is a way on. Each page is seen in one of these in turn; with FULL=1 in all of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import { furnish } from "./furnish.mjs";
import { ADMINS, adminsOwn, MEMBERS, membersOwn } from "./pages.mjs";
import { openWindow, overflow, settled, signIn, world } from "./world.mjs";

let relay;
let browser;
let pages;
let cookies;

world(async (...both) => {
  [relay, browser] = both;
  const made = await furnish(relay);
  pages = [...MEMBERS, ...membersOwn(made), ...ADMINS, ...adminsOwn(made)].filter((path) => path !== "/none");
  const { page, context } = await openWindow(browser, relay);
  await signIn(page, "demo", relay.password);
  cookies = await context.storageState();
  await context.close();
});

/** Those that are seen in this state. */
function some(index, of) {
  return process.env.FULL ? pages : pages.filter((_, at) => at % of === index);
}

/** A window of the admin whose clock the test turns. */
async function open() {
  const window = await openWindow(browser, relay, {}, cookies);
  await window.page.clock.install();
  return window;
}

/** What a page is about; not who looks at it, nor what happens meanwhile. */
const isData = (url) => url.pathname.startsWith("/manage/v1/") && !/\/(session|session\/refresh|about|events)$/.test(url.pathname);

const INTERNAL = { status: 500, contentType: "application/problem+json", body: JSON.stringify({ status: 500, code: "internal", detail: "it broke" }) };

/** A tab that was hidden for long has no stream, and wants one and what is new when it is seen again. */
async function lookAway(page) {
  const show = (hidden) => {
    Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
    document.dispatchEvent(new Event("visibilitychange", { bubbles: true }));
  };
  await page.evaluate(show, true);
  await page.clock.runFor(31_000);
  await page.evaluate(show, false);
}

async function standsWhole(page, path) {
  assert.ok((await page.getByRole("navigation", { name: "Navigation" }).count()) > 0, `${path}: the bars are gone`);
  assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1, `${path}: one heading`);
  assert.ok((await overflow(page)) <= 0, `${path} is wider than its window`);
}

test("a page whose data does not come says after eight seconds that it still waits", async () => {
  const { page, context, problems } = await open();
  for (const path of some(0, 3)) {
    let asked = 0;
    const held = [];
    await page.route(isData, (route) => {
      asked++;
      held.push(route);
    });
    await page.goto(`/manage/ui${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    const waits = page.locator("[aria-busy=true]").first();
    if (asked > 0 && (await waits.count()) > 0) {
      await page.clock.runFor(9000);
      await page.getByText("Still loading.").first().waitFor();
    }
    await standsWhole(page, path);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    for (const route of held) await route.continue().catch(() => undefined);
    await settled(page);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

test("a page whose data fails says so, and trying again brings it", async () => {
  const { page, context, problems } = await open();
  for (const path of some(1, 3)) {
    let failed = 0;
    await page.route(isData, (route) => {
      failed++;
      return route.fulfill(INTERNAL);
    });
    await page.goto(`/manage/ui${path}`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    // It tries twice more by itself, each time later.
    for (const wait of [1500, 2500, 2500]) await page.clock.runFor(wait);
    await settled(page);
    await standsWhole(page, path);
    const again = page.getByRole("button", { name: "Try again" });
    if (failed > 0) assert.ok((await page.getByRole("alert").count()) > 0, `${path}: what failed is told`);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    // A part within a part fails anew, and has its own.
    while ((await again.count()) > 0) {
      // Also those below a dialog, which nobody can point at now.
      await again.evaluateAll((buttons) => {
        for (const button of buttons) button.click();
      });
      await settled(page);
    }
    assert.equal(await page.getByRole("alert").count(), 0, `${path}: it came`);
  }
  assert.deepEqual(problems.filter((problem) => !problem.includes("status of 500")), []);
  await context.close();
});

test("a page that has nothing says so in words", async () => {
  const { page, context, problems } = await open();
  await page.route(isData, async (route) => {
    if (route.request().method() !== "GET") return route.continue();
    const answer = await route.fetch();
    const body = await answer.json().catch(() => null);
    if (!Array.isArray(body?.items)) return route.fulfill({ response: answer });
    return route.fulfill({ response: answer, json: { ...body, items: [], next: null } });
  });
  for (const path of some(2, 3)) {
    await page.goto(`/manage/ui${path}`);
    await settled(page);
    await standsWhole(page, path);
    const text = await page.locator("main").innerText();
    assert.doesNotMatch(text, /undefined|NaN|Infinity/, path);
  }
  assert.deepEqual(problems, []);
  await context.close();
});

test("without a connection a page keeps what it has, says from when that is, and comes back by itself", async () => {
  const { page, context } = await open();
  await page.goto("/manage/ui/settings");
  await settled(page);
  await page.getByText("●Live", { exact: true }).waitFor();
  await page.route("**/manage/v1/**", (route) => route.abort());
  await context.setOffline(true);
  await lookAway(page);
  await page.getByText("No connection since").waitFor();
  await standsWhole(page, "/settings");
  assert.equal(await page.getByRole("alert").count(), 0, "what was there stays");
  await page.getByRole("button", { name: "Save", disabled: true }).waitFor();
  await page.getByRole("main").getByRole("textbox").first().fill("12");
  await page.getByRole("link", { name: "Audit" }).click();
  await page.getByRole("button", { name: "Leave without them", disabled: false }).waitFor();
  await page.getByRole("button", { name: "Stay here" }).click();
  await context.setOffline(false);
  await page.unrouteAll({ behavior: "ignoreErrors" });
  for (const wait of [2000, 4000, 8000]) await page.clock.runFor(wait);
  await page.getByText("●Live", { exact: true }).waitFor();
  await page.getByText("No connection since").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Save", disabled: false }).waitFor();
  await context.close();
});

test("a page whose session has ended asks for the password and stands as it was", async () => {
  const { page, context } = await open();
  // Who signs in dozens of times is made to wait, and rightly so: after the first time the same answer is given again.
  let told;
  await context.route("**/manage/v1/session", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    if (told !== undefined) return route.fulfill({ json: told });
    const response = await route.fetch();
    told = await response.json();
    return route.fulfill({ response, json: told });
  });
  for (const path of process.env.FULL ? pages : ["/home", "/pool"]) {
    await page.goto(`/manage/ui${path}`);
    await settled(page);
    const refused = { status: 401, contentType: "application/problem+json", body: JSON.stringify({ status: 401, code: "session_ended" }) };
    await page.route("**/manage/v1/**", (route) => (route.request().method() === "POST" && route.request().url().endsWith("/session") ? route.continue() : route.fulfill(refused)));
    await lookAway(page);
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    await dialog.waitFor().catch(() => assert.fail(`${path}: the dialog does not come`));
    assert.equal(await page.getByRole("heading", { level: 1, includeHidden: true }).count(), 1, path);
    await page.unrouteAll({ behavior: "ignoreErrors" });
    await dialog.getByLabel("Password", { exact: true }).fill(relay.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "detached" }).catch(async () => assert.fail(`${path}: the dialog stays: ${await dialog.innerText()}`));
    await settled(page);
  }
  await context.close();
});
