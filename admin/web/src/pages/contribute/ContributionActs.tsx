/** Pausing, resuming, checking and withdrawing what one brought. */
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { MyPoolKey } from "../../api/types";
import { Remove } from "../../forms/Remove";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button, IconButton } from "../../ui/Button";
import { Menu } from "../../ui/Menu";
import { useToast } from "../../ui/Toasts";
import { pauseAtOnce } from "./pauseAtOnce";

const TOUCHES = [["pool_key"], ["limits"]];

export function ContributionActs({ of: key }: { of: MyPoolKey }) {
  const { t } = useI18n();
  const say = useToast();
  const [withdrawing, setWithdrawing] = useState(false);
  const params = { path: { id: key.id } };
  const name = key.label || t.home.keyWithoutName(key.id);
  const send = (state: "active" | "paused") => ok(api.PATCH("/manage/v1/me/pool-keys/{id}", { params, body: { state } }));
  const atOnce = pauseAtOnce(key.id, "contributor");
  const back = useAct({ send, touches: TOUCHES, atOnce });
  const turn = useAct({
    send,
    touches: TOUCHES,
    atOnce,
    onDone: (_, state) => {
      say(state === "paused" ? t.contribute.paused(name) : t.contribute.resumed(name), () => {
        back.act(state === "paused" ? "active" : "paused");
      });
    },
  });
  const check = useAct({
    send: () => ok(api.POST("/manage/v1/me/pool-keys/{id}/check", { params })),
    touches: TOUCHES,
    onDone: () => {
      say(t.contribute.checking);
    },
  });
  if (key.standing.state === "withdrawn") return null;
  const pause = key.holds.find((hold) => hold.kind === "paused");
  const byAdmin = pause?.by === "admin" ? t.states.holdText.pausedByAdmin(pause.reason ?? null) : null;
  return (
    <>
      {pause ? (
        <Button size="small" busy={turn.busy} whyNot={byAdmin} onClick={() => { turn.act("active"); }}>
          {t.contribute.resume}
        </Button>
      ) : (
        <Button size="small" busy={turn.busy} onClick={() => { turn.act("paused"); }}>
          {t.contribute.pause}
        </Button>
      )}
      <Menu
        target={
          <IconButton label={`${t.common.actions}: ${name}`}>
            <IconDots size={18} aria-hidden />
          </IconButton>
        }
        items={[
          { label: t.contribute.check, onClick: () => { check.act(); } },
          null,
          { label: t.contribute.withdraw, danger: true, onClick: () => { setWithdrawing(true); } },
        ]}
      />
      {withdrawing && (
        <Remove
          name={name}
          title={t.contribute.withdrawTitle(name)}
          text={t.contribute.withdrawText}
          action={t.contribute.withdraw}
          done={t.contribute.withdrawn(name)}
          send={() => ok(api.POST("/manage/v1/me/pool-keys/{id}/withdraw", { params: { path: { id: key.id } } }))}
          touches={TOUCHES}
          onClose={() => { setWithdrawing(false); }}
        />
      )}
    </>
  );
}
