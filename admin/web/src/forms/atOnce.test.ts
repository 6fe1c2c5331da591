import { QueryClient } from "@tanstack/react-query";
import { expect, it } from "vitest";
import { change, changed } from "./atOnce";

const isTwo = (thing: Record<string, unknown>) => thing.id === 2;
const off = () => ({ state: "disabled" });

it("changes a thing in pages, in lists and alone, and nothing else", () => {
  const other = { id: 1, state: "active" };
  const two = { id: 2, state: "active" };
  expect(changed({ pages: [{ items: [other, two], next: 3 }] }, isTwo, off)).toEqual({
    pages: [{ items: [other, { id: 2, state: "disabled" }], next: 3 }],
  });
  expect(changed(two, isTwo, off)).toEqual({ id: 2, state: "disabled" });
  const without = { items: [other] };
  expect(changed(without, isTwo, off)).toBe(without);
});

it("goes back to what was there, but not over what the server said since", () => {
  const client = new QueryClient();
  const before = { items: [{ id: 2, state: "active" }] };
  const atOnce = { kind: "node", is: isTwo, fields: off };
  client.setQueryData(["node", "all"], before);
  change(client, atOnce, undefined)();
  expect(client.getQueryData(["node", "all"])).toEqual(before);
  const goBack = change(client, atOnce, undefined);
  const newer = { items: [{ id: 2, state: "draining" }] };
  client.setQueryData(["node", "all"], newer);
  goBack();
  expect(client.getQueryData(["node", "all"])).toEqual(newer);
});
