/** What can be done with a webhook: trying it, switching it on and off, and, for good, deleting it. */
import { IconDots } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { AlertTarget } from "../../api/queries/watch";
import { Remove } from "../../forms/Remove";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button, IconButton } from "../../ui/Button";
import { Menu } from "../../ui/Menu";
import { useToast } from "../../ui/Toasts";
import { EditAlert } from "./EditAlert";

const TOUCHES = [["alert_target"]];

export function AlertActs({ of: target }: { of: AlertTarget }) {
  const { t } = useI18n();
  const words = t.alertsPage;
  const say = useToast();
  const navigate = useNavigate({ from: "/alerts" });
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const close = () => { setOpen(null); };
  const params = { path: { id: target.id } };
  const test = useAct({
    send: () => ok(api.POST("/manage/v1/alerts/{id}/test", { params })),
    touches: TOUCHES,
    onDone: ({ delivered, status, error }) => {
      const why = error ?? (status ? words.answered(status) : t.common.unknown);
      say(delivered ? words.tested(target.name) : words.testFailed(target.name, why));
    },
  });
  const set = (enabled: boolean) => ok(api.PATCH("/manage/v1/alerts/{id}", { params, body: { enabled } }));
  const atOnce = { kind: "alert_target", is: ({ id, place }: Record<string, unknown>) => id === target.id && place === target.place, fields: (enabled: boolean) => ({ enabled }) };
  const back = useAct({ send: set, touches: TOUCHES, atOnce });
  const turn = useAct({
    send: set,
    touches: TOUCHES,
    atOnce,
    onDone: (_, enabled) => {
      say(enabled ? words.on(target.name) : words.offNow(target.name), () => { back.act(!enabled); });
    },
  });
  return (
    <>
      <Button size="small" busy={test.busy} onClick={() => { test.act(); }}>{words.test}</Button>
      <Menu
        target={
          <IconButton label={`${t.common.actions}: ${target.name}`}>
            <IconDots size={18} aria-hidden />
          </IconButton>
        }
        items={[
          { label: words.deliveries, onClick: () => void navigate({ search: { open: String(target.id) } }) },
          { label: t.common.edit, onClick: () => { setOpen("edit"); } },
          { label: target.enabled ? words.turnOff : words.turnOn, onClick: () => { turn.act(!target.enabled); } },
          null,
          { label: words.remove, danger: true, onClick: () => { setOpen("remove"); } },
        ]}
      />
      {open === "edit" && <EditAlert of={target} onClose={close} />}
      {open === "remove" && (
        <Remove
          name={target.name}
          title={words.removeTitle(target.name)}
          text={words.removeText}
          action={words.remove}
          done={words.removed(target.name)}
          send={() => ok(api.DELETE("/manage/v1/alerts/{id}", { params }))}
          touches={TOUCHES}
          onClose={close}
        />
      )}
    </>
  );
}
