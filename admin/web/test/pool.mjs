// A relay of one's own in front of fakes that the test holds in its hands: an upstream whose keys can run dry and be paid
// into, nodes that answer, and somebody who is told of findings.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PASSWORD = "seven teal otters borrow 41 kites";

function readAll(request) {
  return new Promise((resolve) => {
    let text = "";
    request.on("data", (part) => (text += part));
    request.on("end", () => resolve(text));
  });
}

/** Serves at a free port; `answer` gives a status and JSON, or the text of a stream. */
async function listen(answer) {
  const server = createServer(async (request, response) => {
    const body = await readAll(request);
    const [status, told] = answer(request, body);
    const kind = typeof told === "string" ? "text/event-stream" : "application/json";
    response.writeHead(status, { "content-type": kind }).end(typeof told === "string" ? told : JSON.stringify(told));
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${server.address().port}`, server };
}

/** A stream of a chat completion, in three parts. */
function soup(asked) {
  const part = (content) => `data: ${JSON.stringify({ id: "chat-1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;
  return [...["soup", ", as asked: ", asked].map(part), "data: [DONE]\n\n"].join("");
}

/** An OpenAI-compatible API that is paid in advance. */
async function startBank(keys) {
  const bank = { balance: new Map(keys.map((key) => [key, 50])) };
  const { url, server } = await listen((request, text) => {
    const key = (request.headers.authorization ?? "").replace("Bearer ", "");
    const left = bank.balance.get(key);
    if (left === undefined) return [401, { error: { message: "no such key", code: "invalid_api_key" } }];
    if (request.url.startsWith("/v1/credits")) return [200, { balance: left.toFixed(2), total_used: "4.50" }];
    if (request.url.startsWith("/v1/models")) return [200, { object: "list", data: [{ id: "gpt-5-mini", object: "model" }] }];
    if (left <= 0) return [402, { error: { message: "out of credit", type: "insufficient_quota", code: "insufficient_quota" } }];
    return [200, soup(JSON.parse(text).messages.at(-1).content)];
  });
  return Object.assign(bank, { url, server });
}

/** Somebody who is told; `heard` waits for a message that fits. */
async function startListener() {
  const told = [];
  const waiting = new Set();
  const { url, server } = await listen((request, raw) => {
    told.push({ raw, body: JSON.parse(raw), signature: request.headers["x-potluck-signature"] });
    for (const look of waiting) look();
    return [200, {}];
  });
  const heard = (fits) =>
    new Promise((resolve) => {
      const look = () => {
        const found = told.find(fits);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  return { url, server, heard };
}

const node = (name) => listen(() => [200, { node: name }]);

/** A port that is free now; the relay says so if it is not any more. */
async function freePort() {
  const { server } = await listen(() => [200, {}]);
  const { port } = server.address();
  await new Promise((done) => server.close(done));
  return port;
}

function configuration(port, bank, first) {
  const upstreams = {
    gpu: { kind: "http", nodes: [{ name: "one", url: first.url }], private_networks: ["127.0.0.0/8"], health: { path: "/health", interval: "1s", healthy_after: 1, slow_start: "0s" } },
    vercel: { kind: "openai", nodes: [{ name: "main", url: bank.url }] },
  };
  const routes = [
    { prefix: "/v1", upstream: "vercel" },
    { prefix: "/gpu", upstream: "gpu", strip_prefix: true },
  ];
  return { data: "data", listen: { address: `127.0.0.1:${port}` }, metrics: { listen: "off" }, admin: { listen: "off" }, upstreams, routes };
}

async function untilReady(base, program) {
  for (;;) {
    if (program.exitCode !== null) throw new Error("the relay did not start");
    const answer = await fetch(`${base}/readyz`).catch(() => null);
    if (answer?.ok) return;
    await new Promise((soon) => setTimeout(soon, 50));
  }
}

/** The relay with its fakes, an admin, and pool keys that nobody brought yet. */
export async function startPool() {
  const keys = ["a", "b", "c"].map((name) => `vck_${name.repeat(40)}`);
  const [bank, first, second, listener, port] = await Promise.all([startBank(keys), node("one"), node("two"), startListener(), freePort()]);
  const folder = mkdtempSync(join(tmpdir(), "potluck-ui-"));
  // JSON is YAML, too.
  writeFileSync(join(folder, "potluck.yaml"), JSON.stringify(configuration(port, bank, first)));
  const at = { cwd: folder, env: { ...process.env, POTLUCK_ADMIN_PASSWORD: PASSWORD } };
  const program = process.env.POTLUCK;
  execFileSync(program, ["init", "--config", "potluck.yaml", "--admin", "mai"], { ...at, stdio: "ignore" });
  const relay = spawn(program, ["serve", "--config", "potluck.yaml"], { ...at, stdio: "ignore" });
  process.on("exit", () => relay.kill());
  const base_url = `http://127.0.0.1:${port}`;
  await untilReady(base_url, relay);
  const stop = () => {
    relay.kill();
    for (const each of [bank, first, second, listener]) each.server.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { base_url, admin: "mai", password: PASSWORD, keys, bank, nodes: [first, second], listener, stop };
}
