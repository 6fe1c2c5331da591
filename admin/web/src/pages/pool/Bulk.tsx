/** Doing something to many keys: what it would do is seen first, then it runs as a job. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import type { components } from "../../api/generated/schema";
import type { PoolFilter } from "../../api/queries/supply";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Choice, TextInput } from "../../ui/fields";
import { FormError } from "../../ui/states";
import { useWhyWord } from "../jobs/why";

type Act = components["schemas"]["PoolKeysAct"];
type Body = components["schemas"]["BulkPoolKeys"];
type Preview = components["schemas"]["BulkPreview"];
const ACTS: Act[] = ["recheck", "reset", "pause", "resume", "withdraw"];

export function Bulk({ filter, selected, onClose }: { filter: PoolFilter; selected: number[]; onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [act, setAct] = useState<Act>("recheck");
  const [meant, setMeant] = useState(selected.length > 0 ? "selected" : "filter");
  const [reason, setReason] = useState("");
  const [typed, setTyped] = useState("");
  const which = meant === "selected" ? { ids: selected } : { filter };
  const body: Body = { do: act, ...which, ...(act === "pause" && reason.trim() !== "" ? { reason: reason.trim() } : {}) };
  const preview = useQuery({
    queryKey: ["pool_key", "bulk-preview", act, which],
    queryFn: async ({ signal }) =>
      (await ok(api.POST("/manage/v1/pool-keys/bulk", { body: { do: act, ...which, dry_run: true }, params: { header: {} }, signal }))) as Preview,
    staleTime: 0,
    gcTime: 0,
  });
  const begin = useSend({
    send: async () => (await ok(api.POST("/manage/v1/pool-keys/bulk", { body, params: { header: once() } }))) as { id: number },
    touches: [["pool_key"], ["job"]],
    onDone: ({ id }) => void navigate({ to: "/jobs/$id", params: { id: String(id) }, search: {} }),
  });
  const would = preview.data?.would_do ?? 0;
  const unsure = act === "withdraw" && typed.trim() !== t.poolPage.withdrawWord ? t.common.typeToConfirm(t.poolPage.withdrawWord) : null;
  const whyNot = would === 0 ? t.poolPage.preview(0, preview.data?.matching ?? 0) : unsure;
  return (
    <Dialog title={t.poolPage.bulkTitle} onClose={onClose} size="lg">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (whyNot === null && !begin.busy) begin.send();
        }}
      >
        <div className="field-group">
          <Choice
            label={t.poolPage.bulkAct}
            value={act}
            data={ACTS.map((each) => ({ value: each, label: t.poolPage.act[each] }))}
            onChange={(event) => {
              const chosen = ACTS.find((each) => each === event.currentTarget.value);
              if (chosen) setAct(chosen);
            }}
          />
          <Choice
            label={t.poolPage.bulkMeant}
            value={meant}
            data={[
              { value: "filter", label: t.poolPage.bulkFilter },
              ...(selected.length > 0 ? [{ value: "selected", label: t.poolPage.bulkSelected(selected.length) }] : []),
            ]}
            onChange={(event) => { setMeant(event.currentTarget.value); }}
          />
        </div>
        {act === "pause" && (
          <TextInput label={t.poolPage.reason} maxLength={100} value={reason} onChange={(event) => { setReason(event.currentTarget.value); }} />
        )}
        <Loaded of={preview} lines={2}>{(data) => <Outlook of={data} />}</Loaded>
        {act === "withdraw" && (
          <>
            <p className="note" data-tone="warn">{t.poolPage.withdrawMany}</p>
            <TextInput
              label={t.common.typeToConfirm(t.poolPage.withdrawWord)}
              autoComplete="off"
              value={typed}
              onChange={(event) => { setTyped(event.currentTarget.value); }}
            />
          </>
        )}
        <FormError failure={begin.failure} />
        <div className="row row-end">
          <Cancel data-autofocus onClose={onClose} />
          <Button kind={act === "withdraw" ? "danger" : "primary"} type="submit" busy={begin.busy || preview.isPending} whyNot={preview.isPending ? null : whyNot}>
            {t.poolPage.begin(would)}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

/** What the relay says that it would do. */
function Outlook({ of: preview }: { of: Preview }) {
  const { t } = useI18n();
  const whyWord = useWhyWord();
  const named = preview.sample.filter((item) => item.state === "done").map((item) => item.name || t.poolPage.key(item.item));
  return (
    <div className="note stack-s" role="status">
      <strong>{t.poolPage.preview(preview.would_do, preview.of)}</strong>
      {preview.others.map((other) => (
        <p key={other.why}>
          {other.fails ? t.poolPage.otherFails(other.count, whyWord(other.why)) : t.poolPage.others(other.count, whyWord(other.why))}
        </p>
      ))}
      {named.length > 0 && (
        <p className="meta">
          {named.join(", ")}
          {preview.would_do > named.length ? " …" : ""}
        </p>
      )}
    </div>
  );
}
