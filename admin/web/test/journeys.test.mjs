// What people do, by the names that they read on the page.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import OpenAI from "openai";
import { unlessBusy } from "./furnish.mjs";
import { faults, openWindow, signIn, world } from "./world.mjs";

let relay;
let browser;

world((...both) => {
  [relay, browser] = both;
});

/** A browser's window, closed in the end and held against what must not happen in it. */
async function inWindow(look, act) {
  const window = await openWindow(browser, relay, look);
  try {
    await act(window);
    assert.deepEqual(window.problems, []);
  } finally {
    await window.context.close();
  }
}

test("a member makes a key, uses it, gives it a new text and revokes it", () =>
  inWindow({}, async ({ page }) => {
    await page.goto("/manage/ui/keys?show=all");
    await page.waitForURL("**/sign-in?to=%2Fkeys%3Fshow%3Dall");
    await page.getByLabel("User name").fill("guest");
    await page.getByLabel("Password", { exact: true }).fill(relay.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/keys?show=all");

    await page.getByRole("button", { name: "Create a key" }).first().click();
    await page.getByLabel("Name").fill("bot");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const key = await page.getByRole("textbox", { name: "Key" }).inputValue();
    assert.match(key, /^np-/);
    const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href]));
    assert.ok(!kept.includes(key), "a key is nowhere but on the screen");

    const answer = await fetch(`${relay.base_url}/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ model: "gpt-5-mini", messages: [{ role: "user", content: "hello" }] }),
    });
    assert.equal(answer.status, 200);

    const done = page.getByRole("button", { name: "Done" });
    assert.equal(await done.getAttribute("aria-disabled"), "true");
    await page.getByLabel("I have stored it").check();
    await done.click();
    assert.ok(!(await page.content()).includes(key), "closed, it is gone");

    await page.getByRole("button", { name: "Actions: bot" }).click();
    await page.getByRole("menuitem", { name: "New text" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "New text" }).click();
    const next = await page.getByRole("textbox", { name: "Key" }).inputValue();
    assert.notEqual(next, key);
    await page.getByLabel("I have stored it").check();
    await page.getByRole("button", { name: "Done" }).click();

    await page.getByRole("button", { name: "Actions: bot" }).click();
    await page.getByRole("menuitem", { name: "Switch off" }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("button", { name: "Actions: bot" }).click();
    await page.getByRole("menuitem", { name: "Revoke" }).click();
    await page.getByLabel("Type bot to confirm").fill("bot");
    await page.getByRole("button", { name: "Revoke" }).click();
    await page.getByText("bot is revoked.").waitFor();
  }));

test("a member brings keys, sees what becomes of each, sets rules, pauses and withdraws", () =>
  inWindow({ width: 360, height: 740 }, async ({ page }) => {
    await signIn(page, "guest", relay.password);
    await page.getByRole("link", { name: "Contribute" }).click();
    await page.getByRole("link", { name: "Bring a key" }).first().click();
    await page.getByLabel("Upstream").selectOption("vercel");
    await page.getByLabel("Tokens, one a line").fill("vck_of-the-guest-0123456789\nno key at all\n");
    await page.getByLabel("Your name for it").fill("mine");
    await page.getByRole("button", { name: "Bring" }).click();
    await page.getByText("Read what you risk, and tick the box.").waitFor();
    await page.getByLabel("I have read what I risk").check();
    await page.getByRole("button", { name: "Bring" }).click();
    await page.getByText("cannot be a key").waitFor();
    await page.getByRole("link", { name: /^key \d+$/ }).click();

    await page.getByRole("button", { name: "Edit rules" }).click();
    await page.getByLabel("Requests a day, at most").fill("200");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("at most 200 requests a day").waitFor();

    await page.getByRole("button", { name: "Pause" }).click();
    await page.getByText("Paused by its contributor").waitFor();
    await page.getByRole("button", { name: "Actions: mine" }).click();
    await page.getByRole("menuitem", { name: "Withdraw" }).click();
    await page.getByLabel("Type mine to confirm").fill("mine");
    await page.getByRole("button", { name: "Withdraw" }).click();
    await page.getByText("Taken out for ever").waitFor();
  }));

test("an admin invites, somebody joins by the link, and gets a limit of their own", () =>
  inWindow({}, async ({ page }) => {
    await signIn(page, "demo", relay.password);
    await page.getByRole("link", { name: "Users" }).click();
    await page.getByRole("button", { name: "Invite" }).click();
    await page.getByLabel("Whom it is for").fill("linh");
    await page.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
    const link = await page.getByRole("textbox", { name: "Invite" }).inputValue();
    await page.getByLabel("I have stored it").check();
    await page.getByRole("button", { name: "Done" }).click();

    await inWindow({ width: 360, height: 740, theme: "dark" }, async ({ page: other }) => {
      await other.goto(link);
      await other.getByLabel("User name").fill("linh");
      await other.getByLabel("Password", { exact: true }).fill("seven teal otters borrow 41 kites");
      await other.getByLabel("Password again").fill("seven teal otters borrow 41 kites");
      await other.getByRole("button", { name: "Register" }).click();
      await other.waitForURL("**/home");
      await other.getByText("Three steps to your first request").waitFor();
    });

    await page.reload();
    await page.getByRole("link", { name: "linh" }).click();
    await page.getByLabel("A rule of their own").selectOption("manual");
    await page.getByLabel("Requests a minute").fill("30");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("set by an admin").waitFor();
  }));

test("a newcomer joins, contributes, makes a key, uses it with the openai package, and sees it in Usage", () =>
  inWindow({}, async ({ page: admins }) => {
    await signIn(admins, "demo", relay.password);
    await admins.getByRole("link", { name: "Users" }).click();
    await admins.getByRole("button", { name: "Invite" }).click();
    await admins.getByLabel("Whom it is for").fill("mai");
    await admins.getByRole("dialog").getByRole("button", { name: "Invite" }).click();
    const link = await admins.getByRole("textbox", { name: "Invite" }).inputValue();
    await inWindow({}, async ({ page }) => {
      await page.goto(link);
      await page.getByLabel("User name").fill("mai");
      await page.getByLabel("Password", { exact: true }).fill("nine violet herons carry 12 lamps");
      await page.getByLabel("Password again").fill("nine violet herons carry 12 lamps");
      await page.getByRole("button", { name: "Register" }).click();
      await page.getByText("Three steps to your first request").waitFor();

      await page.getByRole("link", { name: "Bring something to the table" }).click();
      await page.getByLabel("Upstream").selectOption("vercel");
      await page.getByLabel("Tokens, one a line").fill("vck_of-mai-0123456789");
      await page.getByLabel("Your name for it").fill("mais key");
      await page.getByLabel("I have read what I risk").check();
      await page.getByRole("button", { name: "Bring" }).click();
      await page.getByRole("link", { name: /^key \d+$/ }).click();
      await page.getByRole("heading", { name: "mais key" }).waitFor();
      await page.getByText("Nothing in the last 30 days.").waitFor();
      await page.getByRole("region", { name: "History" }).waitFor();

      await page.getByRole("link", { name: "My keys" }).click();
      await page.getByRole("button", { name: "Create a key" }).first().click();
      await page.getByLabel("Name").fill("first");
      await page.getByRole("button", { name: "Create", exact: true }).click();
      const apiKey = await page.getByRole("textbox", { name: "Key" }).inputValue();
      await page.getByText("Waiting for its first request…").waitFor();
      const client = new OpenAI({ baseURL: `${relay.base_url}/v1`, apiKey, maxRetries: 0 });
      const asked = { model: "gpt-5-mini", messages: [{ role: "user", content: "bring a dish" }] };
      const { data, response } = await client.chat.completions.create(asked).withResponse();
      assert.ok(data.choices[0].message.content);
      const id = response.headers.get("x-request-id");
      await page.getByText(/First request at .+, answered in/).waitFor();
      await page.getByLabel("I have stored it").check();
      await page.getByRole("button", { name: "Done" }).click();

      await page.getByRole("link", { name: "Usage" }).click();
      await page.getByText("1 request, all answered.").waitFor();
      const plot = page.getByRole("slider", { name: /^Requests over time/ });
      await plot.press("End");
      assert.match(await plot.getAttribute("aria-valuetext"), /until now: answered \d, refused 0/);
      await page.getByText(/^Peak 1 in 5 min/).waitFor();
      await page.getByText("Show as table").click();
      await page.getByRole("table", { name: "Requests over time" }).getByRole("cell", { name: "1", exact: true }).waitFor();
      await page.getByRole("link", { name: "gpt-5-mini" }).click();
      await page.waitForURL("**/usage?model=gpt-5-mini");
      await page.getByLabel("Outcome").selectOption("unserved");
      await page.getByText("Nothing matches these 2 filters.").waitFor();
      await page.getByRole("link", { name: "Clear filters" }).first().click();

      const saved = page.waitForEvent("download");
      await page.getByRole("button", { name: "Export" }).click();
      await page.getByRole("menuitem", { name: /^CSV, about 1 row/ }).click();
      assert.ok((await readFile(await (await saved).path(), "utf8")).includes(id));

      await page.getByRole("list", { name: "Requests" }).getByRole("link").first().click();
      await page.getByText(/^Answered after/).waitFor();
      await page.getByText(id).waitFor();
      await page.getByRole("button", { name: "Copy for the admin" }).click();
      assert.ok((await page.evaluate(() => navigator.clipboard.readText())).startsWith(`Request ${id}`));

      await page.keyboard.press("g");
      await page.keyboard.press("h");
      await page.getByRole("heading", { name: "Home" }).waitFor();
      await page.getByText("request answered").waitFor();
      await page.getByText("In the last 15 minutes 1 request ended, none failed.").waitFor();
      const polls = [];
      page.on("request", (request) => request.url().includes("/usage/recent") && polls.push(request.url()));
      await client.chat.completions.create(asked);
      await page.getByText("In the last 15 minutes 2 requests ended, none failed.").waitFor();
      assert.deepEqual(polls, [], "the stream told");
      await page.keyboard.press("Control+k");
      await page.getByLabel("Type a page, the name of a key, or a request's id").fill(`x-request-id: ${id}`);
      await page.keyboard.press("Enter");
      await page.waitForURL(`**/requests/${id}`);
    });
  }));

test("an admin has all keys checked as a job, previews limits and verifies the log", () =>
  inWindow({}, async ({ page }) => {
    await signIn(page, "demo", relay.password);
    await page.getByRole("link", { name: "Pool", exact: true }).click();
    await page.getByLabel("Upstream").selectOption("novelai");
    await page.waitForURL("**/pool?upstream=novelai");
    await page.getByRole("button", { name: "Do to many" }).click();
    await page.getByRole("button", { name: /^Do it to \d+ keys?$/ }).click();
    await page.waitForURL("**/jobs/*");
    await page.locator(".badge", { hasText: "done" }).first().waitFor();

    await page.getByRole("link", { name: "Limits" }).click();
    await page.getByLabel("Rule of users who have none of their own").selectOption("auto");
    await page.getByRole("button", { name: "Preview" }).click();
    await page.getByText(/may send more/).waitFor();

    await page.getByRole("link", { name: "Audit" }).click();
    await page.getByRole("dialog", { name: "You have changes that are not saved." }).waitFor();
    await page.getByRole("button", { name: "Leave without them" }).click();
    await page.getByRole("button", { name: "Verify the log" }).click();
    await page.getByText(/The log is whole/).waitFor();
  }));

test("whoever is not signed in any more signs in over the page, and what was typed stays", () =>
  inWindow({}, async ({ page, context, problems }) => {
    await signIn(page, "guest", relay.password);
    await page.goto("/manage/ui/keys?create=yes");
    await page.getByLabel("Name").fill("half a key");
    await context.clearCookies();
    // What the page reads by itself may find it out first, and the dialog then lies over the button.
    await page.getByRole("button", { name: "Create", exact: true }).dispatchEvent("click");
    const dialog = page.getByRole("dialog", { name: "Sign in" });
    await dialog.getByLabel("Password", { exact: true }).fill(relay.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "detached" });
    assert.equal(await page.getByLabel("Name").inputValue(), "half a key");
    await page.getByText("what you did was not sent").waitFor();
    await page.getByRole("button", { name: "Send it again" }).click();
    await page.getByRole("textbox", { name: "Key" }).waitFor();
    // The browser says in its console that it was refused; that is what this is about.
    problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes("401")));
  }));

test("theme and language are kept, and a wrong password tells nothing", () =>
  inWindow({}, async ({ page, problems }) => {
    await page.goto("/manage/ui/sign-in");
    await page.getByLabel("User name").fill("nobody");
    await page.getByLabel("Password", { exact: true }).fill("not the password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByText("User name or password is not right.").waitFor();
    problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes("401")));
    await page.getByRole("button", { name: "Language" }).click();
    await page.getByRole("menuitem", { name: "中文" }).click();
    await page.getByRole("button", { name: "登录" }).waitFor();
    assert.equal(await page.locator("html").getAttribute("lang"), "zh");
    await page.getByRole("button", { name: "主题" }).click();
    await page.getByRole("menuitem", { name: "深色" }).click();
    assert.equal(await page.locator("html").getAttribute("data-mantine-color-scheme"), "dark");
  }));

test("on everybody's usage it is told that the relay has started, in the plot's table and with where to look", () =>
  inWindow({}, async ({ page }) => {
    await signIn(page, "demo", relay.password);
    await page.goto("/manage/ui/usage?whose=all&range=1h");
    const happened = page.getByRole("list", { name: "What happened" });
    const started = happened.getByRole("link", { name: /^potluck started with \d/ });
    await started.waitFor();
    const plot = page.getByRole("figure", { name: "Requests over time" });
    await plot.getByText("an edge started").waitFor();
    await plot.getByText("Show as table").click();
    await plot.getByRole("cell", { name: /potluck started with \d/ }).waitFor();
    assert.deepEqual(await faults(page), []);
    await page.getByLabel("Time", { exact: true }).selectOption("since the last start");
    await page.waitForURL(/from=\d+/);
    await started.click();
    await page.getByRole("heading", { level: 1, name: "Edges" }).waitFor();

    await page.goto("/manage/ui/usage");
    await page.getByRole("figure", { name: "Requests over time" }).waitFor();
    assert.equal(await happened.count(), 0, "one's own requests alone have no marks");
  }));

/** What guest does elsewhere meanwhile. */
async function elsewhere(method, path, body, token) {
  const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await unlessBusy(() => fetch(`${relay.base_url}/manage/v1${path}`, { method, headers, body: body && JSON.stringify(body) }));
  assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
  return answer.json();
}

test("of two who edit one key, neither loses a change, and each field that both changed is asked about", () =>
  inWindow({ width: 360, height: 740 }, async ({ page, problems }) => {
    const { access_token } = await elsewhere("POST", "/session", { name: "guest", password: relay.password });
    const { key } = await elsewhere("POST", "/me/keys", { name: "shared" }, access_token);
    const path = `/me/keys/${key.id}`;
    await signIn(page, "guest", relay.password);
    await page.goto(`/manage/ui/keys/${key.id}`);
    await page.getByLabel("Name").fill("mine");
    await page.getByLabel("Requests a minute").fill("7");
    await elsewhere("PATCH", path, { name: "theirs", concurrency: 3 }, access_token);
    await page.getByRole("button", { name: "Save" }).click();
    const asked = page.getByRole("alert");
    await asked.getByRole("group", { name: "Name" }).getByRole("radio", { name: "Theirs: theirs" }).check();
    assert.ok(await asked.getByRole("radio", { name: "Yours: 7" }).isChecked(), "what only one changed is theirs who did");
    assert.ok(await asked.getByRole("radio", { name: "Theirs: 3" }).isChecked(), "what only one changed is theirs who did");
    await asked.getByRole("button", { name: "Go on with these" }).click();
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved.").waitFor();
    const now = await elsewhere("GET", path, undefined, access_token);
    assert.deepEqual([now.name, now.rate_limit, now.concurrency], ["theirs", 7, 3]);
    problems.splice(0, problems.length, ...problems.filter((problem) => !problem.includes("412")));
  }));

test("a dialog with something typed asks before Escape or Cancel closes it", () =>
  inWindow({}, async ({ page }) => {
    await signIn(page, "guest", relay.password);
    await page.goto("/manage/ui/keys?create=yes");
    const dialog = page.getByRole("dialog", { name: "Create a key" });
    await dialog.getByLabel("Name").fill("half a key");
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Stay here" }).click();
    assert.equal(await dialog.getByLabel("Name").inputValue(), "half a key");
    for (const again of [1, 2]) {
      await dialog.getByRole("button", { name: "Cancel" }).click();
      await dialog.getByText("You have changes that are not saved.").waitFor();
      assert.equal(await dialog.getByLabel("Name").inputValue(), "half a key", `cancelled ${again} times`);
    }
    await dialog.getByRole("button", { name: "Stay here" }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("button", { name: "Discard them" }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Create a key" }).first().click();
    await dialog.getByLabel("Name").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
  }));
