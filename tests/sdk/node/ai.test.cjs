"use strict";
// npm `ai` with its provider for OpenAI-compatible APIs, unmodified, through the relay.

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { APICallError, embedMany, generateText, streamText } = require("ai");
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");
const world = require("./world.cjs");

const of = (apiKey) =>
  createOpenAICompatible({ name: "potluck", baseURL: world.openai, apiKey, includeUsage: true });
const potluck = of(world.key);

test("text is generated, with its usage", async () => {
  const { text, usage, finishReason } = await generateText({ model: potluck("gpt-5-mini"), prompt: "Say hello." });
  assert.ok(text.includes("hello"));
  assert.ok(usage.totalTokens > 0);
  assert.equal(finishReason, "stop");
});

test("text is streamed in pieces, with its usage at the end", async () => {
  const answer = streamText({ model: potluck("gpt-5-mini"), prompt: "Say hello." });
  const pieces = [];
  for await (const piece of answer.textStream) pieces.push(piece);
  assert.ok(pieces.length > 1);
  assert.ok((await answer.usage).outputTokens > 0);
});

test("a model with a vendor in its name is asked for", async () => {
  const { text } = await generateText({ model: potluck("openai/gpt-5-mini"), prompt: "Say hello." });
  assert.ok(text);
});

test("many texts are embedded in their order", async () => {
  const model = potluck.textEmbeddingModel("text-embedding-3-small");
  const { embeddings } = await embedMany({ model, values: ["one", "two", "three"] });
  assert.equal(embeddings.length, 3);
  assert.ok(embeddings.every((vector) => vector.length === embeddings[0].length));
});

test("a stranger's key is an error of the call", async () => {
  const model = of(world.stranger)("gpt-5-mini");
  await assert.rejects(generateText({ model, prompt: "hello", maxRetries: 0 }), (error) => {
    assert.ok(APICallError.isInstance(error), error);
    assert.equal(error.statusCode, 401);
    assert.equal(error.isRetryable, false);
    return true;
  });
});
