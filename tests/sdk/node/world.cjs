"use strict";
// Where the relay under test is, and whose key is used.

const root = process.env.POTLUCK_BASE_URL.replace(/\/$/, "").replace(/\/v1$/, "");

module.exports = {
  key: process.env.POTLUCK_CLIENT_KEY,
  // One request a minute, and one request at a time; only where this folder's runner made them.
  limited: process.env.POTLUCK_LIMITED_KEY,
  single: process.env.POTLUCK_SINGLE_KEY,
  // Never a real key: what a stranger would send.
  stranger: `np-${"0".repeat(43)}`,
  openai: `${root}/v1`,
  socket: `${root.replace(/^http/, "ws")}/api/ws`,
};
