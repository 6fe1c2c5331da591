import { expect, it } from "vitest";
import { eventsOf, type StreamEvent } from "./events";

async function readAll(...chunks: string[]): Promise<StreamEvent[]> {
  const bytes = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(bytes.encode(chunk));
      controller.close();
    },
  });
  const found: StreamEvent[] = [];
  for await (const event of eventsOf(body)) found.push(event);
  return found;
}

it("reads events that come in pieces, with their names", async () => {
  expect(await readAll("event: inter", "mediate\ndata: {\"a\"", ":1}\n", "\ndata: [DONE]\n\n")).toEqual([
    { name: "intermediate", data: '{"a":1}' },
    { name: "message", data: "[DONE]" },
  ]);
});

it("joins lines of data, leaves comments out, and takes either line end", async () => {
  expect(await readAll(": a comment\n\ndata: one\r\ndata: two\r\n\r\n")).toEqual([{ name: "message", data: "one\ntwo" }]);
});

it("reads the last event also where no empty line follows", async () => {
  expect(await readAll("data: end")).toEqual([{ name: "message", data: "end" }]);
});
