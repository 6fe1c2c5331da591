/** A conversation through the relay, part by part as the answer comes. */
import { useId, useState } from "react";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Textarea, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { curlOf } from "./curl";
import type { StreamEvent } from "./events";
import { Failed } from "./Failed";
import { Timing } from "./Timing";
import { useModels } from "./useModels";
import { useRun } from "./useRun";

const PATH = "/v1/chat/completions";
const USUAL = "gpt-5-mini";

interface Said {
  role: "user" | "assistant";
  content: string;
}

/** The words of one event of a stream of chat completions. */
function pieceOf(event: StreamEvent): string | null {
  const told = JSON.parse(event.data) as { choices?: { delta?: { content?: string | null } }[] };
  return told.choices?.[0]?.delta?.content ?? null;
}

export function Chat() {
  const { t } = useI18n();
  const words = t.playground;
  const list = useId();
  const [begun, setBegun] = useState(false);
  const models = useModels(begun);
  const [model, setModel] = useState<string | null>(null);
  const [message, setMessage] = useState("");
  const [said, setSaid] = useState<Said[]>([]);
  const { run, busy, start, stop, reset } = useRun();
  const chosen = model ?? (models.includes(USUAL) ? USUAL : (models[0] ?? USUAL));
  const body = (messages: Said[]) => ({ model: chosen, stream: true, messages });
  const send = () => {
    if (busy || message.trim() === "") return;
    // An answer that was never given is not part of the conversation.
    const asked: Said[] = [...said.filter((each) => each.content !== ""), { role: "user", content: message.trim() }];
    setSaid([...asked, { role: "assistant", content: "" }]);
    setMessage("");
    let answer = "";
    void start({
      path: PATH,
      body: body(asked),
      heard: (event) => {
        if (event.data === "[DONE]") return "end";
        const piece = pieceOf(event);
        if (piece === null || piece === "") return null;
        answer += piece;
        setSaid([...asked, { role: "assistant", content: answer }]);
        return "part";
      },
    });
  };
  return (
    <Card title={words.chat}>
      <ul className="plain-list stack talk" aria-label={words.conversation}>
        {said.length === 0 && <li className="muted">{words.empty}</li>}
        {said.map((each, index) =>
          each.content === "" ? null : (
            <li key={index} data-role={each.role} className="stack-s">
              <span className="meta">{each.role === "user" ? words.you : chosen}</span>
              <p className="pre">{each.content}</p>
            </li>
          ),
        )}
      </ul>
      {run && <Timing run={run} onStop={stop} />}
      {run?.trouble && <Failed of={run.trouble} />}
      <form
        className="stack"
        onFocus={() => { setBegun(true); }}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <TextInput label={words.model} description={words.modelHelp} list={list} autoComplete="off" spellCheck={false} classNames={{ input: "mono" }} value={model ?? chosen} onChange={(event) => { setModel(event.currentTarget.value); }} />
        <datalist id={list}>
          {models.map((each) => (
            <option key={each} value={each} />
          ))}
        </datalist>
        <Textarea
          label={words.message}
          description={words.messageHelp}
          autosize
          minRows={2}
          maxRows={10}
          value={message}
          onChange={(event) => { setMessage(event.currentTarget.value); }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
            event.preventDefault();
            send();
          }}
        />
        <div className="row row-end">
          <CopyButton label={words.copyCurl} text={curlOf(PATH, body([...said.filter((each) => each.content !== ""), ...(message.trim() === "" ? [] : [{ role: "user" as const, content: message.trim() }])]))} />
          {said.length > 0 && (
            <Button
              onClick={() => {
                reset();
                setSaid([]);
              }}
            >
              {words.again}
            </Button>
          )}
          <Button kind="primary" type="submit" busy={busy}>
            {words.send}
          </Button>
        </div>
      </form>
    </Card>
  );
}
