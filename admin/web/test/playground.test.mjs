// Trying the relay from its own pages: a chat and a picture, as they come, on a desk and on a phone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { faults, openWindow, overflow, signIn, world } from "./world.mjs";

let relay;
let browser;

world((...both) => {
  [relay, browser] = both;
});

/** What a script could find of a key anywhere but in the memory of the page's own program. */
const kept = (page) => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }, location.href, document.documentElement.outerHTML]));

test("a member chats, is told in words what goes wrong, and no key is to be found", async () => {
  const { page, context, problems } = await openWindow(browser, relay);
  await signIn(page, "guest", relay.password);
  const sent = [];
  page.on("request", (request) => sent.push(request));
  const answer = await page.goto("/manage/ui/playground");
  assert.match(answer.headers()["content-security-policy"], /connect-src 'self'(;|$)/);
  await page.getByLabel("Message").fill("bring a dish");
  await page.keyboard.press("Control+Enter");
  await page.getByText(/heard: bring a dish/).waitFor();
  await page.getByText(/^done after .* first part after/).waitFor();
  const asked = sent.find((request) => request.url().endsWith("/v1/chat/completions"));
  const headers = await asked.allHeaders();
  const key = headers.authorization.replace("Bearer ", "");
  assert.match(key, /^np-/);
  assert.equal(headers.cookie, undefined, "the session is not sent along");
  assert.ok(!(await kept(page)).includes(key), "the key is nowhere but in memory");
  assert.equal(sent.filter((request) => request.url().endsWith("/me/playground-key")).length, 1, "one key for all");

  await page.getByLabel("Model").fill("no-such-model");
  await page.getByLabel("Message").fill("anybody there?");
  await page.getByRole("button", { name: "Send" }).click();
  await page.getByRole("alert").getByText(/Whose doing/).waitFor();
  assert.deepEqual(await faults(page), []);
  await page.getByRole("button", { name: "Begin again" }).click();
  await page.getByText("Nothing was said yet.").waitFor();
  await context.close();
  // The browser says in its console that a request was refused; that is what this is about.
  assert.deepEqual(problems.filter((problem) => !/status of 404/.test(problem)), []);
});

test("a picture comes with its previews on a phone, and one that is stopped says so", async () => {
  const { page, context, problems } = await openWindow(browser, relay, { theme: "dark", width: 360, height: 740 });
  await signIn(page, "guest", relay.password);
  await page.goto("/manage/ui/playground?mode=image");
  await page.getByLabel("What to paint").fill("a long table with many dishes");
  await page.getByLabel("Size", { exact: true }).selectOption("small");
  await page.getByRole("button", { name: "Paint" }).click();
  await page.getByRole("link", { name: "Save the picture" }).waitFor();
  // A preview for each step but the last, and the picture.
  await page.getByText(/^done after .* 28 parts$/).waitFor();
  const picture = page.getByRole("img", { name: "Picture of: a long table with many dishes" });
  assert.equal(await picture.evaluate((image) => image.decode().then(() => image.naturalWidth)), 512);
  assert.deepEqual(await faults(page), []);
  assert.ok((await overflow(page)) <= 0);

  // One that is not answered, so that there is time.
  await page.route("**/ai/generate-image-stream", () => {});
  await page.getByRole("button", { name: "Paint" }).click();
  await page.getByText("waiting for the relay").first().waitFor();
  await page.getByRole("button", { name: "Stop" }).click();
  await page.getByText(/^stopped after/).first().waitFor();
  await context.close();
  assert.deepEqual(problems, []);
});
