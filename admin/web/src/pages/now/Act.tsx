/** One of the safe acts against a finding: it happens at once, and can be taken back where it changes something. */
import { propose } from "../../api/client";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { useToast } from "../../ui/Toasts";
import { type Action, backOf, wordOf } from "./actions";

const TOUCHES = [["finding"], ["pool_key"], ["node"], ["outbound_proxy"], ["status"]];
const send = (action: Action) => propose(action.method, action.path, action.body);

export function Act({ of: action }: { of: Action }) {
  const { t } = useI18n();
  const say = useToast();
  const word = wordOf(action, t);
  const undo = useAct({ send, touches: TOUCHES });
  const { act, busy } = useAct({
    send,
    touches: TOUCHES,
    onDone: () => {
      const back = backOf(action);
      say(t.nowPage.acted(word), back === null ? undefined : () => { undo.act(back); });
    },
  });
  return (
    <Button size="small" busy={busy} onClick={() => { act(action); }}>
      {word}
    </Button>
  );
}
