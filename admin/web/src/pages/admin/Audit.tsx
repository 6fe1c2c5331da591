/** Who did what, and whether the log is whole. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok } from "../../api/client";
import type { components } from "../../api/generated/schema";
import { explain } from "../../api/errors";
import { audit } from "../../api/queries/admin";
import type { AuditEntry } from "../../api/types";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { TextInput } from "../../ui/fields";
import { Page } from "../../ui/Page";
import { Empty, ErrorPanel, FormError, Loading } from "../../ui/states";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";

type Verified = components["schemas"]["AuditVerified"];

export function Audit() {
  const { t, f } = useI18n();
  const { q } = useSearch({ from: "/signed/admin/audit" });
  const navigate = useNavigate({ from: "/audit" });
  const entries = useInfiniteQuery(audit(q));
  const rows = entries.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      title={t.admin.audit.title}
      lead={t.admin.audit.lead}
      actions={<a className="button" href="/manage/v1/audit/export?format=csv" download>{t.admin.audit.export}</a>}
    >
      <Verify />
      <TextInput
        label={t.common.search}
        placeholder={t.admin.audit.search}
        value={q ?? ""}
        onChange={(event) => void navigate({ search: { q: event.currentTarget.value || undefined }, replace: true })}
      />
      <div className="card stack">
        {entries.isPending && <Loading />}
        {entries.error && <ErrorPanel title={t.failure.panel} failure={explain(entries.error, t, f)} onRetry={() => void entries.refetch()} />}
        {entries.data && rows.length === 0 && <Empty text={t.common.nothingMatches} />}
        {rows.length > 0 && (
          <Table
            label={t.admin.audit.title}
            rows={rows}
            id={(entry) => entry.id}
            columns={[
              { key: "when", label: t.admin.audit.when, cell: (entry) => <Ago at={entry.at} /> },
              { key: "who", label: t.admin.audit.who, cell: (entry) => entry.actor_name || t.admin.audit.kind[entry.actor_kind] },
              { key: "what", label: t.admin.audit.what, cell: (entry) => <code>{entry.act}</code> },
              { key: "whom", label: t.admin.audit.whom, cell: (entry) => entry.object_name || entry.object_kind },
              { key: "from", label: t.admin.audit.from, cell: (entry) => entry.address ?? f.none },
              { key: "details", label: t.admin.audit.details, cell: (entry) => <Details of={entry} /> },
            ]}
          />
        )}
        {entries.hasNextPage && <Button busy={entries.isFetchingNextPage} onClick={() => void entries.fetchNextPage()}>{t.common.loadMore}</Button>}
      </div>
    </Page>
  );
}

function Details({ of: entry }: { of: AuditEntry }) {
  const { t } = useI18n();
  const before = JSON.stringify(entry.before ?? null, null, 1);
  const after = JSON.stringify(entry.after ?? null, null, 1);
  if (before === "null" && after === "null") return null;
  return (
    <details>
      <summary>{t.admin.audit.details}</summary>
      {before !== "null" && <><span className="meta">{t.admin.audit.before}</span><pre className="code" tabIndex={0}>{before}</pre></>}
      {after !== "null" && <><span className="meta">{t.admin.audit.after}</span><pre className="code" tabIndex={0}>{after}</pre></>}
    </details>
  );
}

function Verify() {
  const { t } = useI18n();
  const { send, busy, failure, result } = useVerified();
  return (
    <div className="stack-s">
      <div className="row">
        <Button busy={busy} onClick={() => { send(); }}>{t.admin.audit.verify}</Button>
        {result && (
          <span role="status" className="note" data-tone={result.ok ? undefined : "bad"}>
            {result.ok ? t.admin.audit.whole(result.entries) : t.admin.audit.broken(result.broken?.entry ?? 0, result.broken?.fault ?? "")}
          </span>
        )}
      </div>
      <FormError failure={failure} />
    </div>
  );
}

function useVerified() {
  const [result, setResult] = useState<Verified | null>(null);
  const sending = useSend({ send: () => ok(api.POST("/manage/v1/audit/verify", { body: {} })), onDone: setResult });
  return { ...sending, result };
}
