// Pictures of every page: both themes, phone and desktop; the other languages once.
import { mkdirSync } from "node:fs";
import { ADMINS, MEMBERS, OPEN, SIZES, THEMES } from "./pages.mjs";
import { openWindow, settled, signIn, startBrowser, startRelay } from "./world.mjs";

const folder = new URL("../../../target/screens/", import.meta.url).pathname;
mkdirSync(folder, { recursive: true });

const [relay, browser] = await Promise.all([startRelay(), startBrowser()]);
const looks = THEMES.flatMap((theme) =>
  Object.entries(SIZES).map(([size, [width, height]]) => ({ name: `${theme}-${size}`, theme, width, height, language: "en" })),
);
looks.push({ name: "zh", theme: "light", width: 1280, height: 800, language: "zh" });
looks.push({ name: "vi", theme: "light", width: 360, height: 740, language: "vi" });

const only = process.argv[2];
for (const look of looks.filter((look) => !only || look.name.includes(only))) {
  const { page, context, problems } = await openWindow(browser, relay, look);
  const shoot = async (path) => {
    await page.goto(`/manage/ui${path}`);
    await settled(page);
    const name = path.slice(1).replace(/[^a-z0-9]+/g, "-");
    await page.screenshot({ path: `${folder}${name}.${look.name}.png`, fullPage: true });
  };
  for (const path of OPEN) await shoot(path);
  await signIn(page, "demo", relay.password);
  for (const path of [...MEMBERS, ...ADMINS]) await shoot(path);
  for (const problem of problems) console.error(`${look.name}: ${problem}`);
  await context.close();
}
await browser.close();
relay.stop();
console.log(folder);
process.exit(0);
