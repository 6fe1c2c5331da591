/** One user: how their limit came about, and what admins may do about their account. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { user as one, userLimit } from "../../api/queries/admin";
import type { User as Data, UserLimit } from "../../api/types";
import { Form } from "../../forms/Form";
import { isEdited, Leaving } from "../../forms/Leaving";
import { useAct, useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Choice, NumberField, numberOf, textOf } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { SecretOnce } from "../../ui/SecretOnce";
import { FormError } from "../../ui/states";
import { Ago } from "../../ui/Time";
import { useToast } from "../../ui/Toasts";
import { LimitReceipt } from "../home/LimitReceipt";
import { linkTo } from "./Invitations";

const TOUCHES = [["user"], ["limits"]];

export function User() {
  const { t } = useI18n();
  const id = Number(useParams({ from: "/signed/admin/users/$id" }).id);
  const user = useQuery(one(id));
  const limit = useQuery(userLimit(id));
  return (
    <Page title={user.data?.name ?? t.admin.users.title} lead={<Link to="/users" search={{}}>← {t.admin.users.title}</Link>}>
      <Loaded of={user}>
        {(data) => (
          <div className="grid">
            <Account of={data} />
            <Card title={t.admin.users.limit}>
              <Loaded of={limit}>
                {(limits) => (
                  <>
                    <LimitReceipt limit={limits} />
                    <Rule key={limits.revision} id={id} of={limits} />
                  </>
                )}
              </Loaded>
            </Card>
          </div>
        )}
      </Loaded>
    </Page>
  );
}

const MODES = ["common", "auto", "manual"] as const;
type Mode = (typeof MODES)[number];

function Rule({ id, of: limit }: { id: number; of: UserLimit }) {
  const { t } = useI18n();
  const say = useToast();
  const { rule } = limit;
  const [mode, setMode] = useState<Mode>(limit.is_common_rule ? "common" : rule.mode);
  const [number, setNumber] = useState(textOf(rule.mode === "manual" ? rule.rate_limit : null));
  // It is made anew when the rule has changed.
  const [kept] = useState({ mode, number });
  const words: Record<Mode, string> = { common: t.admin.users.ruleCommon, auto: t.admin.users.ruleAuto, manual: t.admin.users.ruleManual };
  const said = { common: null, auto: { mode: "auto" as const }, manual: { mode: "manual" as const, rate_limit: numberOf(number) } };
  const edit = useSend({
    send: () => ok(api.PATCH("/manage/v1/users/{id}/limit", { params: { path: { id } }, body: { rule: said[mode] } })),
    touches: TOUCHES,
    onDone: () => { say(t.common.saved); },
  });
  return (
    <Form action={t.common.save} busy={edit.busy} failure={edit.failure} onSend={edit.send}>
      <Leaving dirty={isEdited({ mode, number }, kept)} />
      <Choice
        label={t.admin.users.ownRule}
        value={mode}
        data={MODES.map((each) => ({ value: each, label: words[each] }))}
        onChange={(event) => { setMode(MODES.find((each) => each === event.currentTarget.value) ?? "common"); }}
      />
      {mode === "manual" && <NumberField label={t.admin.users.number} description={t.admin.users.numberHelp} value={number} onChange={setNumber} />}
    </Form>
  );
}

function Account({ of: user }: { of: Data }) {
  const { t } = useI18n();
  const say = useToast();
  const [link, setLink] = useState<string | null>(null);
  const [deleting, setDeleting] = useState(false);
  const params = { path: { id: user.id } };
  const turn = {
    send: (body: { enabled?: boolean; role?: "user" | "admin" }) => ok(api.PATCH("/manage/v1/users/{id}", { params, body })),
    touches: TOUCHES,
    atOnce: { kind: "user", is: (thing: Record<string, unknown>) => thing.id === user.id, fields: (body: object) => ({ ...body }) },
  };
  const back = useAct(turn);
  const edit = useAct({
    ...turn,
    onDone: (_, { enabled, role }) => {
      const before = enabled === undefined ? { role: role === "admin" ? ("user" as const) : ("admin" as const) } : { enabled: !enabled };
      say(t.admin.users.changed(user.name), () => { back.act(before); });
    },
  });
  const reset = useAct({
    send: () => ok(api.POST("/manage/v1/users/{id}/password-reset", { params: { ...params, header: once() }, body: {} })),
    onDone: ({ token }) => { setLink(linkTo("reset-password", "token", token ?? "")); },
  });
  const end = useAct({
    send: () => ok(api.DELETE("/manage/v1/users/{id}/sessions", { params })),
    onDone: ({ ended }) => { say(t.admin.users.sessionsEnded(ended)); },
  });
  const totp = useAct({
    send: () => ok(api.DELETE("/manage/v1/users/{id}/totp", { params })),
    touches: TOUCHES,
    onDone: () => { say(t.admin.users.totpGone); },
  });
  return (
    <Card title={t.shell.account}>
      <dl className="facts">
        <dt>{t.admin.users.role}</dt>
        <dd>{t.account.roles[user.role]}</dd>
        <dt>{t.common.state}</dt>
        <dd>{user.enabled ? t.admin.users.active : t.admin.users.disabled}</dd>
        <dt>{t.admin.users.password}</dt>
        <dd>{user.has_password ? t.common.yes : t.common.no}</dd>
        <dt>{t.admin.users.secondFactor}</dt>
        <dd>{user.has_totp ? t.common.yes : t.common.no}</dd>
        <dt>{t.common.created}</dt>
        <dd>
          <Ago at={user.created_at} />
        </dd>
      </dl>
      <div className="row">
        <Button busy={edit.busy} onClick={() => { edit.act({ role: user.role === "admin" ? "user" : "admin" }); }}>
          {user.role === "admin" ? t.admin.users.makeMember : t.admin.users.makeAdmin}
        </Button>
        <Button busy={edit.busy} onClick={() => { edit.act({ enabled: !user.enabled }); }}>
          {user.enabled ? t.admin.users.disable : t.admin.users.enable}
        </Button>
        <Button busy={reset.busy} onClick={() => { reset.act(); }}>{t.admin.users.allowReset}</Button>
        <Button busy={end.busy} onClick={() => { end.act(); }}>{t.admin.users.endSessions}</Button>
        {user.has_totp && <Button busy={totp.busy} onClick={() => { totp.act(); }}>{t.admin.users.resetTotp}</Button>}
        <Button kind="danger" onClick={() => { setDeleting(true); }}>{t.admin.users.delete}</Button>
      </div>
      {link !== null && <SecretOnce title={t.admin.users.allowReset} label={t.admin.users.allowReset} explained={t.admin.users.resetOnce} text={link} onDone={() => { setLink(null); }} />}
      {deleting && <Delete of={user} onClose={() => { setDeleting(false); }} />}
    </Card>
  );
}

function Delete({ of: user, onClose }: { of: Data; onClose: () => void }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const remove = useSend({
    send: () => ok(api.DELETE("/manage/v1/users/{id}", { params: { path: { id: user.id } } })),
    touches: [["user", "all"]],
    onDone: () => void navigate({ to: "/users", search: {} }),
  });
  return (
    <Confirm title={t.admin.users.deleteTitle(user.name)} text={t.admin.users.deleteText} name={user.name} action={t.admin.users.delete} busy={remove.busy} onConfirm={remove.send} onClose={onClose}>
      <FormError failure={remove.failure} />
    </Confirm>
  );
}
