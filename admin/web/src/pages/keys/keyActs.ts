/** What can be done with a client key of one's own. */
import { api, ok } from "../../api/client";
import type { ClientKey } from "../../api/types";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { useToast } from "../../ui/Toasts";

const TOUCHES = [["client_key"]];

/** On and off, at once, with a way back. */
export function useSwitchKey(key: ClientKey) {
  const { t } = useI18n();
  const say = useToast();
  const params = { path: { id: key.id } };
  const usual = {
    send: (state: "active" | "disabled") => ok(api.PATCH("/manage/v1/me/keys/{id}", { params, body: { state } })),
    touches: TOUCHES,
    atOnce: {
      kind: "client_key",
      is: (thing: Record<string, unknown>) => thing.id === key.id && "hint" in thing,
      fields: (state: "active" | "disabled") => ({ state }),
    },
  };
  const back = useAct(usual);
  return useAct({
    ...usual,
    onDone: (_, state) => {
      const isOff = state === "disabled";
      say(isOff ? t.keys.disabled(key.name) : t.keys.enabled(key.name), () => {
        back.act(isOff ? "active" : "disabled");
      });
    },
  });
}
