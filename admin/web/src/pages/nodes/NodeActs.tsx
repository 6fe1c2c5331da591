/** What can be done with a node: what can be taken back happens at once, with a way back. */
import { IconDots } from "@tabler/icons-react";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { Node } from "../../api/types";
import { Remove } from "../../forms/Remove";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button, IconButton } from "../../ui/Button";
import { Menu } from "../../ui/Menu";
import { useToast } from "../../ui/Toasts";

const TOUCHES = [["node"], ["upstream"]];

interface Turn {
  state: "active" | "draining";
  was: Node["state"];
}

export function NodeActs({ of: node, nodes }: { of: Node; nodes: Node[] }) {
  const { t, f } = useI18n();
  const say = useToast();
  const [removing, setRemoving] = useState(false);
  const params = { path: { name: node.upstream, node: node.name } };
  const set = ({ state }: Turn) => ok(api.PATCH("/manage/v1/upstreams/{name}/nodes/{node}", { params, body: { state } }));
  const atOnce = {
    kind: "node",
    is: (thing: Record<string, unknown>) => thing.name === node.name && thing.upstream === node.upstream,
    fields: ({ state }: Turn) => ({ state }),
  };
  const back = useAct({ send: set, touches: TOUCHES, atOnce });
  const turn = useAct({
    send: set,
    touches: TOUCHES,
    atOnce,
    onDone: (now, { state, was }) => {
      const text = state === "draining" ? t.nodesPage.drained(node.name, now.live?.in_flight ?? 0) : t.nodesPage.resumed(node.name);
      // What was taken out before was taken out for good.
      say(text, was === "removed" ? undefined : () => { back.act({ state: was, was: state }); });
    },
  });
  const check = useAct({
    send: () => ok(api.POST("/manage/v1/upstreams/{name}/nodes/{node}/check", { params })),
    touches: TOUCHES,
    onDone: ({ live }) => {
      const seen = live?.last_check;
      if (!seen) return;
      say(seen.ok ? t.nodesPage.checked(node.name, f.ms(seen.latency_ms)) : t.nodesPage.checkFailed(node.name, seen.error ?? String(seen.status ?? "")));
    },
  });
  const prefer = useAct({
    send: () => ok(api.POST("/manage/v1/upstreams/{name}/nodes/{node}/activate", { params })),
    touches: TOUCHES,
    onDone: () => { say(t.nodesPage.preferredNow(node.name)); },
  });
  const grant = useAct({
    send: () => ok(api.POST("/manage/v1/upstreams/{name}/nodes/{node}/grant", { params })),
    touches: [...TOUCHES, ["pool_key"]],
    onDone: ({ granted, waiting }) => { say(t.nodesPage.granted(granted, waiting.length)); },
  });
  // NovelAI's hosts stand for different things, so that each needs one of its own.
  const isLast = node.state === "active" && nodes.every((other) => other.name === node.name || other.state !== "active" || other.role !== node.role);
  const whyNot = isLast ? t.nodesPage.lastNode : null;
  return (
    <>
      <Button size="small" busy={check.busy} onClick={() => { check.act(); }}>{t.nodesPage.check}</Button>
      {node.state === "active" ? (
        <Button size="small" busy={turn.busy} whyNot={whyNot} onClick={() => { turn.act({ state: "draining", was: node.state }); }}>{t.nodesPage.drain}</Button>
      ) : (
        <Button size="small" busy={turn.busy} onClick={() => { turn.act({ state: "active", was: node.state }); }}>{t.nodesPage.resume}</Button>
      )}
      <Menu
        target={
          <IconButton label={`${t.common.actions}: ${node.name}`}>
            <IconDots size={18} aria-hidden />
          </IconButton>
        }
        items={[
          ...(node.preferred ? [] : [{ label: t.nodesPage.prefer, onClick: () => { prefer.act(); } }]),
          { label: t.nodesPage.grant, onClick: () => { grant.act(); } },
          ...(node.state === "removed" ? [] : [null, { label: t.nodesPage.remove, danger: true, onClick: () => { setRemoving(true); } }]),
        ]}
      />
      {removing && (
        <Remove
          name={node.name}
          title={t.nodesPage.removeTitle(node.name)}
          text={t.nodesPage.removeText}
          action={t.nodesPage.remove}
          done={t.nodesPage.removed(node.name)}
          send={() => ok(api.DELETE("/manage/v1/upstreams/{name}/nodes/{node}", { params }))}
          touches={TOUCHES}
          onClose={() => { setRemoving(false); }}
        />
      )}
    </>
  );
}
