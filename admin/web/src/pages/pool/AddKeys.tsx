/** Adding keys to the pool, one a line, or an account that the relay logs in with. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import type { components } from "../../api/generated/schema";
import { supplyUpstreams, supplyUsers } from "../../api/queries/supply";
import { CredentialFields, useCredentials } from "../../forms/Credentials";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { Choice, NumberField, numberOf, TextInput } from "../../ui/fields";
import { Empty, FormError } from "../../ui/states";
import { Table } from "../../ui/Table";
import { capsBody, CapsFields, capsForm } from "../contribute/CapsFields";

type Imported = components["schemas"]["Imported"];
type Upstream = components["schemas"]["Upstream"];

export function AddKeys({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const upstreams = useQuery(supplyUpstreams);
  const [imported, setImported] = useState<Imported | null>(null);
  return (
    <Dialog title={t.poolPage.addTitle} onClose={onClose} size="xl">
      {imported ? (
        <Result of={imported} onClose={onClose} />
      ) : (
        <Loaded of={upstreams}>
          {({ items }) => {
            const keyed = items.filter((each) => each.keyed);
            return keyed.length === 0 ? <Empty text={t.contribute.noUpstream} /> : <AddForm upstreams={keyed} onImported={setImported} onClose={onClose} />;
          }}
        </Loaded>
      )}
    </Dialog>
  );
}

function AddForm({ upstreams, onImported, onClose }: { upstreams: Upstream[]; onImported: (imported: Imported) => void; onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const users = useQuery(supplyUsers).data?.items ?? [];
  const credentials = useCredentials(upstreams, (each) => each.probed);
  const [label, setLabel] = useState("");
  const [contributor, setContributor] = useState("");
  const [concurrency, setConcurrency] = useState("");
  // An operator's own keys serve all they can, unless they say otherwise.
  const [caps, setCaps] = useState(() => ({ ...capsForm(null), freeOnly: false }));
  const { upstream, forget } = credentials;
  const isNovelai = upstream?.kind === "novelai";
  const terms = {
    upstream: credentials.typed.upstream,
    label: label.trim(),
    contributor: numberOf(contributor),
    concurrency: numberOf(concurrency),
    caps: { ...capsBody(caps), free_only: isNovelai && caps.freeOnly },
  };
  const touches = [["pool_key"], ["limits"]];
  const one = useSend({
    send: () => ok(api.POST("/manage/v1/pool-keys", { body: { ...terms, ...credentials.login }, params: { header: once() } })),
    touches,
    onDone: ({ id }) => {
      forget();
      void navigate({ to: "/pool", search: { open: String(id) } });
    },
  });
  const many = useSend({
    send: () => ok(api.POST("/manage/v1/pool-keys/import", { body: { ...terms, lines: credentials.lines } })),
    touches,
    onDone: (imported) => {
      forget();
      onImported(imported);
    },
  });
  const sending = credentials.isLogin ? one : many;
  return (
    <form
      className="stack"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        if (!sending.busy) sending.send();
      }}
    >
      <CredentialFields of={credentials} autoFocus />
      <div className="field-group">
        <TextInput label={t.poolPage.label} maxLength={100} value={label} onChange={(event) => { setLabel(event.currentTarget.value); }} />
        <Choice
          label={t.poolPage.addContributor}
          value={contributor}
          data={[{ value: "", label: t.poolPage.firstAdmin }, ...users.map((user) => ({ value: String(user.id), label: user.name }))]}
          onChange={(event) => { setContributor(event.currentTarget.value); }}
        />
        <NumberField label={t.poolPage.concurrency} description={t.poolPage.concurrencyHelp} value={concurrency} onChange={setConcurrency} />
      </div>
      <CapsFields form={caps} onChange={setCaps} anlas={isNovelai} />
      <FormError failure={sending.failure} />
      <div className="row row-end">
        <Cancel onClose={onClose} />
        <Button kind="primary" type="submit" busy={sending.busy}>{t.poolPage.add}</Button>
      </div>
    </form>
  );
}

function Result({ of: imported, onClose }: { of: Imported; onClose: () => void }) {
  const { t } = useI18n();
  return (
    <div className="stack">
      <p role="status">{t.poolPage.added(imported.added, imported.duplicate, imported.invalid)}</p>
      <Table
        label={t.contribute.jobTitle}
        rows={imported.lines}
        id={(line) => line.line}
        columns={[
          { key: "line", label: t.contribute.line, cell: (line) => line.line },
          { key: "state", label: t.common.state, cell: (line) => t.poolPage.addedLine[line.result] },
          { key: "why", label: t.supply.why, cell: (line) => (line.result === "invalid" ? line.why : "") },
        ]}
      />
      <div className="row row-end">
        <Button kind="primary" data-autofocus onClick={onClose}>{t.common.done}</Button>
      </div>
    </div>
  );
}
