// Fills a relay in front of fakes with what pages can show: requests of each kind of end, keys in several states, a job, a
// node that drains, an outbound proxy that is down, a webhook.

/** One who calls the API as a user does. */
export async function caller(relay, name) {
  const ask = async (method, path, body, bearer) => {
    const headers = { "content-type": "application/json", ...(bearer && { authorization: `Bearer ${bearer}` }) };
    const answer = await unlessBusy(() => fetch(`${relay.base_url}/manage/v1${path}`, { method, headers, body: body && JSON.stringify(body) }));
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    const text = await answer.text();
    return text === "" ? null : JSON.parse(text);
  };
  const { access_token } = await ask("POST", "/session", { name, password: relay.password });
  return (method, path, body) => ask(method, path, body, access_token);
}

/** Asks again where the relay says that it has too much to do: then nothing was done. */
export async function unlessBusy(ask) {
  return until(ask, async (answer) => answer.status !== 503 || (await answer.clone().json()).code !== "busy", "an answer of a relay that is not busy");
}

/** Asks again until it holds. */
export async function until(ask, holds, what) {
  for (let tries = 0; tries < 200; tries++) {
    const found = await ask();
    if (await holds(found)) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came: ${what}`);
}

const CHAT = { messages: [{ role: "user", content: "bring a dish" }] };
const PICTURE = {
  input: "soup",
  model: "nai-diffusion-4-5-full",
  action: "generate",
  parameters: {
    width: 512,
    height: 512,
    steps: 20,
    n_samples: 1,
    seed: 1,
    v4_prompt: { caption: { base_caption: "soup", char_captions: [] } },
    v4_negative_prompt: { caption: { base_caption: "", char_captions: [] } },
  },
};
const MODELS = ["openai/gpt-5-mini", "gpt-5-mini", "openai/gpt-5-mini"];

/** `count` requests, each sixth a picture, some that the upstream refuses and some that the relay does. */
export async function sendRequests(relay, count) {
  const send = async (path, body, key) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${key}` };
    const answer = await fetch(`${relay.base_url}/v1${path}`, { method: "POST", headers, body: JSON.stringify(body) });
    await answer.arrayBuffer();
    return answer.headers.get("x-request-id");
  };
  const one = (index) => {
    const key = index % 4 === 3 ? relay.other_client_key : relay.client_key;
    if (index % 19 === 7) return send("/chat/completions", { model: "no-such-model", ...CHAT }, key);
    if (index % 23 === 5) return send("/chat/completions", { model: 7 }, key);
    if (index % 6 === 2) return send("/novelai/ai/generate-image", PICTURE, key);
    if (index % 10 === 9) return send("/embeddings", { model: "text-embedding-3-small", input: "soup" }, key);
    const body = { model: MODELS[index % MODELS.length], stream: index % 2 === 0, ...CHAT };
    return send("/chat/completions", body, key);
  };
  const ids = [];
  for (let at = 0; at < count; at += 12) {
    const some = Array.from({ length: Math.min(12, count - at) }, (_, index) => one(at + index));
    ids.push(...(await Promise.all(some)));
  }
  return ids.filter((id) => id !== null);
}

/** Makes what pages can show; says by which ids it is found. */
export async function furnish(relay, requests = 24) {
  const [admin, guest] = await Promise.all([caller(relay, "demo"), caller(relay, "guest")]);
  const [key, ids] = await Promise.all([
    guest("POST", "/me/keys", { name: "discord-bot", rate_limit: 10 }),
    sendRequests(relay, requests),
  ]);
  const mine = await admin("POST", "/me/keys", { name: "sillytavern", rate_limit: 0 });
  const brought = await guest("POST", "/me/pool-keys/import", {
    upstream: "vercel",
    label: "spare",
    accepted_risk: true,
    lines: ["vck_of-the-guest-9876543210", "no key at all"],
  });
  const own = await admin("POST", "/me/pool-keys/import", {
    upstream: "vercel",
    label: "tablet-key",
    accepted_risk: true,
    caps: { requests_per_day: 200 },
    lines: ["vck_of-the-admin-0123456789"],
  });
  const job = await admin("POST", "/pool-keys/bulk", { do: "recheck", filter: { upstream: "novelai" } });
  const proxy = await admin("POST", "/outbound-proxies", { name: "sg-1", url: "socks5://127.0.0.1:9" });
  await admin("PATCH", "/upstreams/gpu/nodes/gpu-2", { state: "draining" });
  await admin("POST", "/alerts", { name: "oncall", url: "http://127.0.0.1:9/hook", allow_private: true });
  const { items: pool } = await admin("GET", "/pool-keys?limit=100");
  const names = ["opus-main", "tablet-mai", "an-opus", "vck-7", "vck-an", "vck-linh"];
  for (const [at, each] of pool.slice(0, names.length).entries()) await admin("PATCH", `/pool-keys/${each.id}`, { label: names[at] });
  const paused = pool.find((each) => each.upstream === "novelai");
  await admin("PATCH", `/pool-keys/${paused.id}`, { state: "paused", reason: "asked its contributor" });
  const guestsPool = await until(() => guest("GET", "/me/pool-keys?limit=100"), ({ items }) => items.length > 0, "a pool key of the guest");
  const adminsPool = await until(() => admin("GET", "/me/pool-keys?limit=100"), ({ items }) => items.length > 1, "two pool keys of the admin");
  const { items: users } = await admin("GET", "/users");
  return {
    requests: ids,
    client_key: key.key.id,
    my_key: mine.key.id,
    job: job.id,
    guests_job: brought.id,
    my_job: own.id,
    pool_key: paused.id,
    guests_pool_key: guestsPool.items[0].id,
    my_pool_key: adminsPool.items[1].id,
    proxy: proxy.id,
    guest: users.find((user) => user.name === "guest").id,
  };
}
