/** Who has an account here, and who is invited. */
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { explain } from "../../api/errors";
import { users } from "../../api/queries/admin";
import { Form } from "../../forms/Form";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { useLongList } from "../../shell/useLongList";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Choice, TextInput } from "../../ui/fields";
import { Page } from "../../ui/Page";
import { Empty, ErrorPanel, Loading } from "../../ui/states";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";
import { Invitations } from "./Invitations";

const ROLES = ["user", "admin"] as const;

export function Users() {
  const { t, f } = useI18n();
  const filter = useSearch({ from: "/signed/admin/users" });
  const navigate = useNavigate({ from: "/users" });
  const { list: all, rows = [] } = useLongList(users(filter));
  const [creating, setCreating] = useState(false);
  return (
    <Page title={t.admin.users.title} actions={<Button kind="primary" onClick={() => { setCreating(true); }}>{t.admin.users.create}</Button>}>
      <div className="field-group">
        <TextInput
          label={t.common.search}
          placeholder={t.admin.users.search}
          value={filter.q ?? ""}
          onChange={(event) => void navigate({ search: { ...filter, q: event.currentTarget.value || undefined }, replace: true })}
        />
        <Choice
          label={t.admin.users.role}
          value={filter.role ?? ""}
          data={[{ value: "", label: t.admin.users.anyRole }, ...ROLES.map((role) => ({ value: role, label: t.account.roles[role] }))]}
          onChange={(event) => void navigate({ search: { ...filter, role: ROLES.find((role) => role === event.currentTarget.value) }, replace: true })}
        />
      </div>
      <div className="card stack">
        {all.isPending && <Loading />}
        {all.error && <ErrorPanel title={t.failure.panel} failure={explain(all.error, t, f)} onRetry={() => void all.refetch()} />}
        {all.data && rows.length === 0 && <Empty text={t.common.nothingMatches} />}
        {rows.length > 0 && (
          <Table
            label={t.admin.users.title}
            rows={rows}
            id={(user) => user.id}
            columns={[
              { key: "name", label: t.common.name, cell: (user) => <Link to="/users/$id" params={{ id: String(user.id) }}>{user.name}</Link> },
              { key: "role", label: t.admin.users.role, cell: (user) => t.account.roles[user.role] },
              {
                key: "state",
                label: t.common.state,
                cell: (user) => (user.enabled ? <Badge tone="ok" glyph="✓">{t.admin.users.active}</Badge> : <Badge tone="off" glyph="‖">{t.admin.users.disabled}</Badge>),
              },
              { key: "totp", label: t.admin.users.secondFactor, cell: (user) => (user.has_totp ? t.common.yes : t.common.no) },
              { key: "created", label: t.common.created, cell: (user) => <Ago at={user.created_at} /> },
            ]}
          />
        )}
        {all.hasNextPage && <Button busy={all.isFetchingNextPage} onClick={() => void all.fetchNextPage()}>{t.common.loadMore}</Button>}
      </div>
      <Invitations />
      {creating && <Create onClose={() => { setCreating(false); }} />}
    </Page>
  );
}

function Create({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("user");
  const create = useSend({
    send: () => ok(api.POST("/manage/v1/users", { body: { name: name.trim(), role }, params: { header: once() } })),
    touches: [["user"]],
    onDone: ({ id }) => void navigate({ to: "/users/$id", params: { id: String(id) } }),
  });
  return (
    <Dialog title={t.admin.users.create} onClose={onClose}>
      <Form action={t.admin.users.create} busy={create.busy} failure={create.failure} onSend={create.send} onCancel={onClose}>
        <p className="muted">{t.admin.users.createText}</p>
        <TextInput label={t.entry.name} description={t.entry.nameHelp} required data-autofocus autoCapitalize="none" value={name} onChange={(event) => { setName(event.currentTarget.value); }} />
        <Choice
          label={t.admin.users.role}
          value={role}
          data={ROLES.map((each) => ({ value: each, label: t.account.roles[each] }))}
          onChange={(event) => { setRole(ROLES.find((each) => each === event.currentTarget.value) ?? "user"); }}
        />
      </Form>
    </Dialog>
  );
}
