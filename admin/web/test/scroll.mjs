// Scrolling a page as fast as a hand on a wheel can, and what each frame of that costs.

/** Pixels of a frame: 24 000 a second. */
const STEP = 400;
const FRAMES = 600;

/** Scrolls down from the top; milliseconds between the frames. */
export function scrollThrough(page, frames = FRAMES) {
  return page.evaluate(
    async ([step, frames]) => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      scrollTo(0, 0);
      for (let still = 0; still < 30; still++) await frame();
      const took = [];
      let before = performance.now();
      for (let at = 0; at < frames; at++) {
        performance.mark("frame");
        scrollBy(0, step);
        await frame();
        const now = performance.now();
        took.push(now - before);
        before = now;
      }
      return took;
    },
    [STEP, frames],
  );
}

/** Milliseconds of processor time that the page's main thread took for each frame: script, style, layout, paint. */
export async function work(browser, page) {
  const categories = ["toplevel", "blink.user_timing", "disabled-by-default-devtools.timeline"];
  await browser.startTracing(page, { categories });
  await scrollThrough(page);
  const { traceEvents } = JSON.parse(await browser.stopTracing());
  const mark = (event) => event.name === "frame" && event.cat.includes("user_timing");
  const first = traceEvents.find(mark);
  const here = traceEvents.filter((event) => event.pid === first.pid && event.tid === first.tid).toSorted((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0));
  // Tasks that lie in no other one. That with a mark in it begins a frame.
  const tasks = [];
  for (const event of here) {
    const around = tasks.at(-1);
    const within = around !== undefined && event.ts < around.end;
    if (mark(event) && within) around.begins = true;
    else if (event.ph === "X" && event.tdur !== undefined && !within) tasks.push({ end: event.ts + event.dur, took: event.tdur / 1000, begins: false });
  }
  const frames = [];
  for (const task of tasks) {
    if (task.begins) frames.push(0);
    if (frames.length > 0) frames[frames.length - 1] += task.took;
  }
  // The last one goes on after the scroll has ended.
  return frames.slice(0, -1);
}

/** A list of bare rows of text, of which those that are seen are there. */
export async function plainList(page, rows) {
  await page.setContent("<style>ul{position:relative;margin:0;padding:0}li{position:absolute;top:0;height:80px}</style><ul></ul>");
  await page.evaluate((rows) => {
    const [height, margin] = [80, 400];
    const list = document.querySelector("ul");
    list.style.height = `${rows * height}px`;
    const there = new Map();
    const make = (at) => {
      const row = document.createElement("li");
      row.textContent = `row ${at}`;
      row.style.transform = `translateY(${at * height}px)`;
      there.set(at, row);
      list.append(row);
    };
    const look = () => {
      const first = Math.max(0, Math.floor((scrollY - margin) / height));
      const last = Math.min(rows - 1, Math.ceil((scrollY + innerHeight + margin) / height));
      for (const [at, row] of there) {
        if (at >= first && at <= last) continue;
        row.remove();
        there.delete(at);
      }
      for (let at = first; at <= last; at++) if (!there.has(at)) make(at);
    };
    addEventListener("scroll", look, { passive: true });
    look();
  }, rows);
}
