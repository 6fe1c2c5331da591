/** Server-sent events out of an answer's body, as they come. */

export interface StreamEvent {
  name: string;
  data: string;
}

export async function* eventsOf(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as unknown as TransformStream<Uint8Array, string>).getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    text += value ?? "";
    // An event ends with an empty line, whichever line ends are used.
    const blocks = text.split(/\r\n\r\n|\n\n|\r\r/);
    text = done ? "" : (blocks.pop() ?? "");
    for (const block of blocks) {
      const event = read(block);
      if (event !== null) yield event;
    }
    if (done) return;
  }
}

function read(block: string): StreamEvent | null {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split(/\r\n|\n|\r/)) {
    const [, field, value] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === "event") name = (value ?? "").trim();
    if (field === "data") data.push(value ?? "");
  }
  return data.length === 0 ? null : { name, data: data.join("\n") };
}
