// Pictures of every page: both themes, phone and desktop; each language once. An argument is a pattern of the names of
// those that are wanted, as `pool.dark`.
import { mkdirSync } from "node:fs";
import { furnish } from "./furnish.mjs";
import { ADMINS, adminsOwn, MEMBERS, membersOwn, OPEN, SIZES, THEMES } from "./pages.mjs";
import { openWindow, raise, settled, signIn } from "./world.mjs";

const folder = new URL("../../../target/screens/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

const { relay, browser, end } = await raise();
const made = await furnish(relay, 240);
const looks = THEMES.flatMap((theme) =>
  Object.entries(SIZES).map(([size, [width, height]]) => ({ name: `${theme}-${size}`, theme, width, height, language: "en" })),
);
looks.push({ name: "zh", theme: "light", width: 1280, height: 800, language: "zh" });
looks.push({ name: "vi", theme: "light", width: 360, height: 740, language: "vi" });

/** Waits until a page has asked for nothing for a moment; the stream of what changes never ends. */
function asking(page) {
  const open = new Set();
  page.on("request", (request) => !request.url().includes("/events") && open.add(request));
  for (const end of ["requestfinished", "requestfailed"]) page.on(end, (request) => open.delete(request));
  const calm = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  return async () => {
    for (let quiet = 0; quiet < 5; ) {
      await calm();
      quiet = open.size === 0 ? quiet + 1 : 0;
    }
  };
}

const only = new RegExp(process.argv[2] ?? "");
/** Ids are others each time; the names of pictures are not. */
const nameOf = (path) => path.slice(1).replace(/[0-9a-f]{16,}|[0-9]+/g, "one").replace(/[^a-z]+/g, "-");
let cookies;
for (const look of looks) {
  const wanted = (paths) => paths.filter((path) => only.test(`${nameOf(path)}.${look.name}`));
  const inside = wanted([...MEMBERS, ...membersOwn(made), ...ADMINS, ...adminsOwn(made)]);
  const outside = wanted(OPEN);
  const shoot = async (state, paths) => {
    if (paths.length === 0) return;
    const { page, context, problems } = await openWindow(browser, relay, look, state);
    const answered = asking(page);
    for (const path of paths) {
      await page.goto(`/manage/ui${path}`);
      await settled(page);
      await answered(page);
      // What draws plots is loaded last.
      if ((await page.locator("figure.plot").count()) > 0) await page.locator("figure.plot canvas").first().waitFor();
      // A row of the pool asks how it fared when it has stayed a while.
      if ((await page.locator(".pool-strip").count()) > 0) await page.locator(".pool-strip > *").first().waitFor();
      // A dialog or a drawer covers the window, not the page below it; a long list is empty below what is seen of it.
      const whole = (await page.getByRole("dialog").count()) === 0 && (await page.locator("ul.virtual").count()) === 0;
      // The window grows to the page, so that what stands at its lower end stands there.
      const height = whole ? await page.evaluate(() => document.documentElement.scrollHeight) : look.height;
      await page.setViewportSize({ width: look.width, height: Math.max(height, look.height) });
      await page.screenshot({ path: `${folder}${nameOf(path)}.${look.name}.png` });
      await page.setViewportSize({ width: look.width, height: look.height });
    }
    for (const problem of problems) console.error(`${look.name}: ${problem}`);
    await context.close();
  };
  await shoot(undefined, outside);
  if (inside.length > 0 && cookies === undefined) {
    const { page, context } = await openWindow(browser, relay);
    await signIn(page, "demo", relay.password);
    cookies = await context.storageState();
    await context.close();
  }
  await shoot(cookies, inside);
}
await end();
console.log(folder);
process.exit(0);
