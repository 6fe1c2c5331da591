import { expect, it } from "vitest";
import en from "../../i18n/en";
import { codeOf, troubleOf } from "./trouble";

it("finds the code in each dialect's place", () => {
  expect(codeOf({ error: { code: "rate_limited", message: "slow down" } })).toEqual({ code: "rate_limited", message: "slow down" });
  expect(codeOf({ statusCode: 503, code: "pool_busy", message: "busy" })).toEqual({ code: "pool_busy", message: "busy" });
  expect(codeOf({ detail: "no" })).toEqual({ code: null, message: "no" });
  expect(codeOf("<html>")).toEqual({ code: null, message: null });
});

it("says whose doing it is, and never blames the pool for an upstream's failure", () => {
  expect(troubleOf(429, { error: { code: "rate_limited" } }, en).whose).toBe("you");
  expect(troubleOf(503, { code: "pool_busy" }, en).whose).toBe("pool");
  expect(troubleOf(502, { error: { code: "upstream_broken" } }, en).whose).toBe("upstream");
  expect(troubleOf(400, { error: { message: "steps must be less" } }, en)).toEqual({
    text: en.playground.status(400),
    detail: "steps must be less",
    whose: "request",
  });
});

it("asks to send again where the page's own key has ended", () => {
  expect(troubleOf(401, { error: { code: "expired_key" } }, en).text).toBe(en.playground.keyGone);
});
