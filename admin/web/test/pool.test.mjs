// What admins do when something is wrong, over a relay whose fakes the test holds in its hands.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { test } from "node:test";
import { startPool } from "./pool.mjs";
import { faults, openWindow, settled, signIn, world } from "./world.mjs";

let pool;
let browser;

world((...both) => {
  [pool, browser] = both;
}, startPool);

/** What was refused is said by the browser in its console, too; `meant` are the statuses that the test is about. */
async function inWindow(look, act, meant = /^$/) {
  const window = await openWindow(browser, pool, look);
  try {
    await signIn(window.page, pool.admin, pool.password);
    await act(window);
    const refused = (problem) => meant.test(/status of (\d+)/.exec(problem)?.[1] ?? "none");
    assert.deepEqual(window.problems.filter((problem) => !refused(problem)), []);
  } finally {
    await window.context.close();
  }
}

/** Goes there by the bar at the side. */
const go = (page, name) => page.getByRole("navigation", { name: "Navigation" }).getByRole("link", { name, exact: true }).click();

async function addWebhook(page) {
  await go(page, "Alerts");
  await page.getByRole("link", { name: "Add a webhook" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("oncall");
  await dialog.getByLabel("Address").fill(pool.listener.url);
  await dialog.getByRole("button", { name: "Add a webhook" }).click();
  await dialog.getByText(/private|inside|https/i).last().waitFor();
  await dialog.getByLabel("May be on a private network").check();
  await dialog.getByRole("button", { name: "Add a webhook" }).click();
  const secret = await page.getByRole("textbox", { name: "Secret", exact: true }).inputValue();
  assert.ok(secret.length >= 16, `a secret is shown: ${secret}`);
  await page.getByLabel("I have stored it").check();
  await page.getByRole("button", { name: "Done" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(!(await page.content()).includes(secret), "closed, it is gone");
  await page.getByRole("listitem", { name: "oncall" }).getByRole("button", { name: "Test" }).click();
  await page.getByText("oncall took the test message.").waitFor();
  const { raw, signature } = await pool.listener.heard(({ body }) => body.event === "test");
  const [, at, sent] = /^t=(\d+),v1=([0-9a-f]+)$/.exec(signature);
  assert.equal(sent, createHmac("sha256", secret).update(`${at}.${raw}`).digest("hex"), "signed with the secret that was shown");
}

async function ask(page, message) {
  await page.getByLabel("Message").fill(message);
  await page.getByRole("button", { name: "Send" }).click();
}

test("a pool runs dry, somebody is told, keys are rechecked, and all is well again", () =>
  inWindow({}, async ({ page }) => {
    await addWebhook(page);
    await go(page, "Pool");
    await page.getByRole("button", { name: "Add keys" }).first().click();
    await page.getByLabel("Upstream").last().selectOption("vercel");
    await page.getByLabel("Tokens, one a line").fill(pool.keys.join("\n"));
    await page.getByRole("dialog").getByRole("button", { name: "Add keys" }).click();
    await page.getByText("3 added").waitFor();
    await page.keyboard.press("Escape");

    await go(page, "Playground");
    await ask(page, "bring a dish");
    await page.getByText(/^soup, as asked: bring a dish$/).waitFor();
    await page.getByText(/^done after/).first().waitFor();

    for (const key of pool.keys) pool.bank.balance.set(key, 0);
    await ask(page, "another one");
    await page.getByRole("alert").getByText("Whose doing").waitFor();

    const { body } = await pool.listener.heard(({ body }) => body.event === "opened" && body.finding.kind === "pool_drained");
    assert.equal(body.finding.severity, "critical");
    await go(page, "Now");
    const finding = page.getByRole("listitem", { name: "Hardly a key can serve: vercel" });
    await finding.getByText("vercel: 0 of 3 keys can serve.").waitFor();
    await page.waitForFunction(() => /^\(\d+!\) Now/.test(document.title));
    assert.deepEqual(await faults(page), []);
    await finding.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByLabel("What you want to say").fill("paying in");
    await page.getByRole("dialog").getByRole("button", { name: "Acknowledge" }).click();
    await finding.getByText(/mai is at it.*paying in/).waitFor();
    await page.waitForFunction(() => document.title.startsWith("Now"));

    for (const key of pool.keys) pool.bank.balance.set(key, 50);
    await finding.getByRole("button", { name: "Recheck the keys of vercel" }).click();
    await page.getByText("3 keys could take a request now").waitFor();
    await go(page, "Pool");
    await page.getByText("3 of 3 keys can serve now.").waitFor();
    await go(page, "Playground");
    await ask(page, "and dessert");
    await page.getByText(/^soup, as asked: and dessert$/).waitFor();
  }, /^(402|422|429|502|503)$/));

test("a node is added and gets requests, and drained it gets none", () =>
  inWindow({}, async ({ page }) => {
    await go(page, "Nodes");
    await page.getByRole("region", { name: "gpu" }).getByRole("link", { name: "Add a node" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("two");
    await dialog.getByLabel("Address").fill("http://169.254.169.254:80");
    await dialog.getByRole("button", { name: "Add a node" }).click();
    await dialog.getByText("This address was refused").waitFor();
    await dialog.getByLabel("Address").fill(pool.nodes[1].url);
    await dialog.getByRole("button", { name: "Add a node" }).click();
    await page.getByText("two is there.").waitFor();
    const two = page.getByRole("listitem", { name: "two", exact: true });
    await two.getByText(/^✓?healthy$/).waitFor();
    await servedBy(["one", "two"]);

    await two.getByRole("button", { name: "Drain", exact: true }).click();
    await two.getByText(/^‖?draining$/).waitFor();
    await page.getByText("two takes no new requests").waitFor();
    await servedBy(["one"]);
    const last = page.getByRole("listitem", { name: "one", exact: true }).getByRole("button", { name: "Drain", exact: true });
    assert.equal(await last.getAttribute("aria-disabled"), "true", "the last one cannot be drained, and says so");

    await two.getByRole("button", { name: "Take requests" }).click();
    await page.getByText("two takes requests again.").waitFor();
    await servedBy(["one", "two"]);
    assert.deepEqual(await faults(page), []);
  }, /^422$/));

/** Until so many requests in a row, with a key of the admin's own, were answered by these nodes and by each of them. */
async function servedBy(wanted) {
  const key = await keyOf();
  let names = [];
  for (let each = 0; each < 300; each++) {
    const answer = await fetch(`${pool.base_url}/gpu/work`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(answer.status, 200);
    names.push((await answer.json()).node);
    names = names.slice(-12);
    if (names.length === 12 && [...new Set(names)].sort().join() === wanted.join()) return;
  }
  assert.fail(`wanted ${wanted}, and the last ones were answered by ${names}`);
}

let key;

async function keyOf() {
  if (key !== undefined) return key;
  const call = async (path, body, bearer) => {
    const headers = { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) };
    const answer = await fetch(`${pool.base_url}/manage/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    return answer.json();
  };
  const { access_token } = await call("/session", { name: pool.admin, password: pool.password });
  ({ text: key } = await call("/me/keys", { name: "node-test" }, access_token));
  return key;
}

test("what serves and where paths lead is told as it is", () =>
  inWindow({ width: 360, height: 740, theme: "dark" }, async ({ page }) => {
    await page.goto("/manage/ui/edges");
    await settled(page);
    await page.getByText(/^The one edge serves change \d+, the last one that is stored\.$/).waitFor();
    await page.goto("/manage/ui/routes");
    await settled(page);
    const route = page.getByRole("region", { name: "/gpu" });
    await route.getByText("needs a client key").waitFor();
    await route.getByText("Limits and time-outs of gpu").click();
    await route.getByText("15 min", { exact: false }).waitFor();
  }));
