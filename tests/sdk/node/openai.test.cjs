"use strict";
// npm `openai`, unmodified, through the relay.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const OpenAI = require("openai");
const world = require("./world.cjs");

const model = "gpt-5-mini";
const messages = [{ role: "user", content: "Say hello." }];

// No retries of its own, so that what is seen is what the relay answered.
const clientOf = (apiKey) => new OpenAI({ baseURL: world.openai, apiKey, maxRetries: 0 });
const client = clientOf(world.key);

const refusal = (promise) =>
  promise.then(
    () => assert.fail("a refusal was expected"),
    (error) => error,
  );

test("a chat completion has text and usage", async () => {
  const answer = await client.chat.completions.create({ model, messages });
  assert.ok(answer.choices[0].message.content);
  assert.equal(answer.choices[0].finish_reason, "stop");
  assert.ok(answer.usage.total_tokens > 0);
  assert.ok(answer._request_id);
});

test("a chat stream brings text in pieces and ends with usage", async () => {
  const stream = await client.chat.completions.create({
    model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const pieces = [];
  let usage;
  for await (const chunk of stream) {
    pieces.push(...chunk.choices.map((choice) => choice.delta.content).filter(Boolean));
    usage = chunk.usage ?? usage;
  }
  assert.ok(pieces.length > 1);
  assert.ok(usage.completion_tokens > 0);
});

test("the stream helper puts the message together", async () => {
  const text = await client.chat.completions.stream({ model, messages }).finalContent();
  assert.ok(text.includes("hello"));
});

test("a response is created and its stream ends as completed", async () => {
  const whole = await client.responses.create({ model, input: "hello" });
  assert.ok(whole.output_text);
  const types = [];
  for await (const event of await client.responses.create({ model, input: "hello", stream: true })) {
    types.push(event.type);
  }
  assert.equal(types.at(-1), "response.completed");
});

test("embeddings come as numbers, one list for each input", async () => {
  const answer = await client.embeddings.create({ model: "text-embedding-3-small", input: ["one", "two"] });
  assert.deepEqual(
    answer.data.map((item) => item.index),
    [0, 1],
  );
  assert.ok(answer.data[0].embedding.every((number) => typeof number === "number"));
});

test("models are listed, and one with a slash in its name is found", async () => {
  const names = [];
  for await (const found of client.models.list()) names.push(found.id);
  assert.ok(names.includes(model));
  const vendor = names.find((name) => name.includes("/"));
  assert.equal((await client.models.retrieve(vendor)).id, vendor);
});

test("a file goes up in a form and comes back", async () => {
  const text = "a line\n".repeat(1000);
  const file = await OpenAI.toFile(Buffer.from(text), "lines.txt");
  const kept = await client.files.create({ file, purpose: "user_data" });
  assert.equal(kept.bytes, text.length);
  assert.equal(await (await client.files.content(kept.id)).text(), text);
  assert.ok((await client.files.delete(kept.id)).deleted);
});

test("speech comes as bytes", async () => {
  const answer = await client.audio.speech.create({ model: "tts-1", voice: "alloy", input: "hello" });
  assert.ok((await answer.arrayBuffer()).byteLength > 0);
});

test("a recording goes up in a form and comes back as text", async () => {
  const file = await OpenAI.toFile(Buffer.alloc(64 * 1024, 1), "speech.mp3");
  const answer = await client.audio.transcriptions.create({ model: "whisper-1", file });
  assert.equal(typeof answer.text, "string");
});

test("a stranger's key is an authentication error with a code", async () => {
  const error = await refusal(clientOf(world.stranger).chat.completions.create({ model, messages }));
  assert.ok(error instanceof OpenAI.AuthenticationError, error);
  assert.equal(error.status, 401);
  assert.ok(error.code);
  assert.ok(error.requestID);
});

test("a model that nobody has is a not-found error", async () => {
  const error = await refusal(client.chat.completions.create({ model: "no-such-model", messages }));
  assert.ok(error instanceof OpenAI.NotFoundError, error);
});

test("an unreachable path is a permission or not-found error", async () => {
  const error = await refusal(client.get("/credits"));
  assert.ok([403, 404].includes(error.status), error);
});

test("one request too many is a rate limit error that says when to come back", { skip: !world.limited }, async () => {
  const limited = clientOf(world.limited);
  await limited.chat.completions.create({ model, messages });
  const error = await refusal(limited.chat.completions.create({ model, messages }));
  assert.ok(error instanceof OpenAI.RateLimitError, error);
  const seconds = Number(error.headers.get("retry-after"));
  assert.ok(seconds >= 1 && seconds <= 60, `retry-after ${seconds}`);
  assert.equal(error.headers.get("x-potluck-limit-source"), "relay");
});

test("a stream that is aborted gives its place back", { skip: !world.single }, async () => {
  const single = clientOf(world.single);
  const long = [{ role: "user", content: "word ".repeat(60) }];
  const stream = await single.chat.completions.create({ model, messages: long, stream: true });
  for await (const chunk of stream) {
    assert.ok(chunk.id);
    stream.controller.abort();
  }
  // The key has one place: until the relay has seen the end, the next request is one too many.
  for (;;) {
    try {
      const answer = await single.chat.completions.create({ model, messages });
      assert.ok(answer.choices[0].message.content);
      return;
    } catch (error) {
      assert.equal(error.code, "concurrency_limited", error);
    }
  }
});
