"use strict";
// npm `ws`, unmodified, through the relay to a node.

const assert = require("node:assert/strict");
const { randomBytes } = require("node:crypto");
const { once } = require("node:events");
const { test } = require("node:test");
const WebSocket = require("ws");
const world = require("./world.cjs");

const headers = { authorization: `Bearer ${world.key}` };

async function dial(...options) {
  const socket = new WebSocket(world.socket, ...options);
  await once(socket, "open");
  return socket;
}

test("text and a binary message of a mebibyte come back whole", async () => {
  const socket = await dial({ headers });
  for (const sent of ["hello", randomBytes(1 << 20)]) {
    socket.send(sent);
    const [came, isBinary] = await once(socket, "message");
    assert.equal(isBinary, typeof sent !== "string");
    assert.ok(came.equals(Buffer.from(sent)));
  }
  socket.close(4001, "enough");
  const [code] = await once(socket, "close");
  assert.equal(code, 4001);
});

test("a node's close code and reason arrive", async () => {
  const socket = await dial({ headers });
  socket.send("close:4321:no more dishes");
  const [code, reason] = await once(socket, "close");
  assert.deepEqual([code, reason.toString()], [4321, "no more dishes"]);
});

test("a ping is answered", async () => {
  const socket = await dial({ headers });
  socket.ping("here");
  const [pong] = await once(socket, "pong");
  assert.equal(pong.toString(), "here");
  socket.close();
  await once(socket, "close");
});

test("a key among the subprotocols opens the socket and is not chosen", async () => {
  const socket = await dial(["echo", `openai-insecure-api-key.${world.key}`]);
  assert.equal(socket.protocol, "echo");
  socket.close();
  await once(socket, "close");
});

test("a stranger gets 401 and no socket", async () => {
  const socket = new WebSocket(world.socket, { headers: { authorization: `Bearer ${world.stranger}` } });
  socket.on("error", () => {});
  const [, answer] = await once(socket, "unexpected-response");
  assert.equal(answer.statusCode, 401);
  answer.destroy();
  socket.terminate();
});
