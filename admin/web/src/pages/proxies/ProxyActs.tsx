/** What can be done with a proxy. */
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { components } from "../../api/generated/schema";
import type { OutboundProxy } from "../../api/types";
import { Remove } from "../../forms/Remove";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Badge } from "../../ui/Badge";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Menu } from "../../ui/Menu";
import { useToast } from "../../ui/Toasts";
import { ProxyForm } from "./ProxyForm";
import { useTroubleWord } from "./ProxyState";

type Probe = components["schemas"]["ProbeReport"];
const TOUCHES = [["outbound_proxy"], ["upstream"]];

export function ProxyActs({ of: proxy }: { of: OutboundProxy }) {
  const { t } = useI18n();
  const say = useToast();
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const [probes, setProbes] = useState<Probe[] | null>(null);
  const close = () => { setOpen(null); };
  const params = { path: { id: proxy.id } };
  const set = (enabled: boolean) => ok(api.PATCH("/manage/v1/outbound-proxies/{id}", { params, body: { enabled } }));
  const atOnce = { kind: "outbound_proxy", is: (thing: Record<string, unknown>) => thing.id === proxy.id && "enabled" in thing, fields: (enabled: boolean) => ({ enabled }) };
  const back = useAct({ send: set, touches: TOUCHES, atOnce });
  const turn = useAct({
    send: set,
    touches: TOUCHES,
    atOnce,
    onDone: (_, enabled) => {
      say(enabled ? t.proxiesPage.on(proxy.name) : t.proxiesPage.offNow(proxy.name), () => { back.act(!enabled); });
    },
  });
  const check = useAct({
    send: () => ok(api.POST("/manage/v1/outbound-proxies/{id}/check", { params })),
    touches: TOUCHES,
    onDone: (checked) => { setProbes(checked.probes); },
  });
  return (
    <>
      <Button size="small" busy={check.busy} onClick={() => { check.act(); }}>{t.proxiesPage.check}</Button>
      <Button size="small" onClick={() => { setOpen("edit"); }}>{t.proxiesPage.edit}</Button>
      <Menu
        target={
          <IconButton label={`${t.common.actions}: ${proxy.name}`}>
            <IconDots size={18} aria-hidden />
          </IconButton>
        }
        items={[
          { label: proxy.enabled ? t.proxiesPage.turnOff : t.proxiesPage.turnOn, onClick: () => { turn.act(!proxy.enabled); } },
          null,
          { label: t.proxiesPage.remove, danger: true, onClick: () => { setOpen("remove"); } },
        ]}
      />
      {open === "edit" && <ProxyForm proxy={proxy} onClose={close} />}
      {open === "remove" && (
        <Remove
          name={proxy.name}
          title={t.proxiesPage.removeTitle(proxy.name)}
          text={t.proxiesPage.removeText}
          action={t.proxiesPage.remove}
          done={t.proxiesPage.removed(proxy.name)}
          send={() => ok(api.DELETE("/manage/v1/outbound-proxies/{id}", { params }))}
          touches={TOUCHES}
          onClose={close}
        >
          {(proxy.upstreams.length > 0 || proxy.pool_keys.length > 0) && (
            <p className="note" data-tone="warn">
              {t.proxiesPage.inUse} {t.proxiesPage.usedBy(proxy.upstreams.join(", "), proxy.pool_keys.length)}
            </p>
          )}
        </Remove>
      )}
      {probes && <Checked of={proxy} probes={probes} onClose={() => { setProbes(null); }} />}
    </>
  );
}

function Checked({ of: proxy, probes, onClose }: { of: OutboundProxy; probes: Probe[]; onClose: () => void }) {
  const { t, f } = useI18n();
  const troubleWord = useTroubleWord();
  return (
    <Dialog title={t.proxiesPage.checkTitle(proxy.name)} onClose={onClose}>
      <div className="stack">
        {probes.length === 0 && <p>{t.proxiesPage.checkNobody}</p>}
        <ul className="plain-list items">
          {probes.map((probe) => (
            <li key={probe.upstream} className="row">
              <Badge tone={probe.why ? "bad" : "ok"} glyph={probe.why ? "✕" : "✓"}>{probe.upstream}</Badge>
              <span>{probe.why ? troubleWord(probe.why) : t.proxiesPage.checkOk(f.ms(probe.latency_ms))}</span>
            </li>
          ))}
        </ul>
        <div className="row row-end">
          <Button kind="primary" data-autofocus onClick={onClose}>{t.common.done}</Button>
        </div>
      </div>
    </Dialog>
  );
}
