/** One client key: what counts for it, and its limits to edit. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { api, ifMatch, ok } from "../../api/client";
import { myKey } from "../../api/queries/mine";
import type { ClientKey } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { isEdited, Leaving } from "../../forms/Leaving";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { FormError } from "../../ui/states";
import { Ago } from "../../ui/Time";
import { useToast } from "../../ui/Toasts";
import { KeyBadge } from "./KeyBadge";
import { bodyOf, formOf, KeyFields, type KeyForm, useKeyWords } from "./KeyFields";
import { KeyMenu } from "./KeyMenu";
import { KeyUsage } from "./KeyUsage";

export function Key() {
  const { t } = useI18n();
  const { id } = useParams({ from: "/signed/keys/$id" });
  const key = useQuery(myKey(Number(id)));
  return (
    <Page
      title={key.data?.name ?? t.keys.title}
      actions={key.data && <KeyMenu of={key.data} />}
      lead={
        <Link to="/keys" search={{}}>
          ← {t.keys.title}
        </Link>
      }
    >
      <Loaded of={key}>
        {(data) => (
          <div className="grid">
            <div className="stack-l">
              <About of={data} />
              <KeyUsage of={data} />
            </div>
            {data.state !== "revoked" && <Edit key={data.id} of={data} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}

function About({ of: key }: { of: ClientKey }) {
  const { t } = useI18n();
  const effective = key.effective;
  const limit = effective?.limit.rate_limit;
  const said = effective?.limit.barred ? t.common.perMinute(0) : limit === null || limit === undefined ? t.common.unlimited : t.common.perMinute(limit);
  return (
    <Card>
      <dl className="facts">
        <dt>{t.common.state}</dt>
        <dd>
          <KeyBadge of={key} />
        </dd>
        <dt>{t.keys.secretLabel}</dt>
        <dd className="mono">{t.keys.ends(key.hint)}</dd>
        <dt>{t.common.created}</dt>
        <dd>
          <Ago at={key.created_at} />
        </dd>
        <dt>{t.common.expires}</dt>
        <dd>
          <Ago at={key.expires_at} never={t.common.never} />
        </dd>
      </dl>
      {effective && (
        <p>
          {t.keys.effective(said)} <span className="meta">({effective.is_keys_own ? t.keys.effectiveOwn : t.keys.effectiveUser})</span>
        </p>
      )}
      {key.spent_today.anlas > 0 && <p className="muted">{t.lively.anlasToday(key.spent_today.anlas)}</p>}
    </Card>
  );
}

function Edit({ of: key }: { of: ClientKey }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(key));
  const [kept, setKept] = useState(form);
  const [revision, setRevision] = useState<number>(key.revision);
  const edit = useSend({
    send: () =>
      ok(
        api.PATCH("/manage/v1/me/keys/{id}", {
          params: { path: { id: key.id }, header: ifMatch(revision) },
          body: bodyOf(form),
        }),
      ),
    touches: [["client_key"]],
    onDone: (edited) => {
      client.setQueryData(myKey(key.id).queryKey, edited);
      setForm(formOf(edited));
      setKept(formOf(edited));
      setRevision(edited.revision);
      say(t.common.saved);
    },
  });
  const words = useKeyWords();
  const theirs = async () => {
    const now = await client.fetchQuery({ ...myKey(key.id), staleTime: 0 });
    return { form: formOf(now), revision: now.revision };
  };
  const take = (form: KeyForm, base: KeyForm, revision: number) => {
    setForm(form);
    setKept(base);
    setRevision(revision);
    edit.reset();
  };
  return (
    <Card title={t.common.edit}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!edit.busy) edit.send();
        }}
      >
        <Leaving dirty={isEdited(form, kept)} />
        <KeyFields form={form} onChange={setForm} field={edit.failure?.field ?? null} why={edit.failure?.detail ?? null} open />
        {edit.conflict ? <Conflict base={kept} mine={form} theirs={theirs} words={words} onTake={take} /> : <FormError failure={edit.failure} />}
        <div className="row row-end">
          <Button kind="primary" type="submit" busy={edit.busy}>
            {t.common.save}
          </Button>
        </div>
      </form>
    </Card>
  );
}
