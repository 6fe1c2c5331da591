/** How all users' limits come about; a change is shown before it is made. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, ifMatch, ok } from "../../api/client";
import { limits } from "../../api/queries/admin";
import type { LimitPolicy, LimitPreview } from "../../api/types";
import { Conflict } from "../../forms/Conflict";
import { isEdited, Leaving } from "../../forms/Leaving";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Checkbox, Choice, NumberField, numberOf, TextInput, textOf } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { FormError } from "../../ui/states";
import { Table } from "../../ui/Table";
import { useToast } from "../../ui/Toasts";

export function Limits() {
  const { t } = useI18n();
  const policy = useQuery(limits);
  return (
    <Page title={t.admin.limits.title} lead={t.admin.limits.lead}>
      <Loaded of={policy}>{(data) => <Edit of={data} />}</Loaded>
    </Page>
  );
}

const TIERS = ["opus", "scroll", "tablet", "paper", "other"] as const;
type Weights = Record<(typeof TIERS)[number], string>;

interface PolicyForm {
  mode: "auto" | "manual";
  number: string;
  base: string;
  perKey: string;
  max: string;
  baseContributors: boolean;
  require: boolean;
  keysPerUser: string;
  weights: Weights;
}

function formOf(policy: LimitPolicy): PolicyForm {
  const { weights } = policy;
  return {
    mode: policy.rule.mode,
    number: textOf(policy.rule.mode === "manual" ? policy.rule.rate_limit : null),
    base: String(policy.base),
    perKey: String(policy.per_key),
    max: String(policy.max),
    baseContributors: policy.base_for_contributors_only,
    require: policy.require_contribution,
    keysPerUser: String(policy.keys_per_user),
    weights: { opus: String(weights.opus), scroll: String(weights.scroll), tablet: String(weights.tablet), paper: String(weights.paper), other: String(weights.other) },
  };
}

function bodyOf(form: PolicyForm) {
  const weight = (text: string) => Number(text.replace(",", ".")) || 0;
  const { opus, scroll, tablet, paper, other } = form.weights;
  return {
    rule: form.mode === "auto" ? { mode: "auto" as const } : { mode: "manual" as const, rate_limit: numberOf(form.number) },
    base: numberOf(form.base) ?? 0,
    per_key: numberOf(form.perKey) ?? 0,
    max: numberOf(form.max) ?? 0,
    base_for_contributors_only: form.baseContributors,
    require_contribution: form.require,
    keys_per_user: numberOf(form.keysPerUser) ?? 0,
    weights: { opus: weight(opus), scroll: weight(scroll), tablet: weight(tablet), paper: weight(paper), other: weight(other) },
  };
}

function Edit({ of: policy }: { of: LimitPolicy }) {
  const { t } = useI18n();
  const say = useToast();
  const client = useQueryClient();
  const [form, setForm] = useState(() => formOf(policy));
  const [kept, setKept] = useState(form);
  const [revision, setRevision] = useState<number>(policy.revision);
  const [preview, setPreview] = useState<LimitPreview | null>(null);
  const set = (change: Partial<PolicyForm>) => {
    setPreview(null);
    setForm({ ...form, ...change });
  };
  const look = useSend({ send: () => ok(api.POST("/manage/v1/limits/preview", { body: bodyOf(form) })), onDone: setPreview });
  const apply = useSend({
    send: () => ok(api.PATCH("/manage/v1/limits", { params: { header: ifMatch(revision) }, body: bodyOf(form) })),
    touches: [["limits"]],
    onDone: (data) => {
      setForm(formOf(data));
      setKept(formOf(data));
      setRevision(data.revision);
      setPreview(null);
      say(t.admin.limits.applied);
    },
  });
  const theirs = async () => {
    const now = await client.fetchQuery({ ...limits, staleTime: 0 });
    return { form: formOf(now), revision: now.revision };
  };
  const take = (form: PolicyForm, base: PolicyForm, revision: number) => {
    setForm(form);
    setKept(base);
    setRevision(revision);
    setPreview(null);
    apply.reset();
  };
  const { limits: words } = t.admin;
  return (
    <Card>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!look.busy) look.send();
        }}
      >
        <Leaving dirty={isEdited(form, kept)} />
        <PolicyFields form={form} onChange={set} />
        <FormError failure={look.failure ?? (apply.conflict ? null : apply.failure)} />
        {apply.conflict && (
          <Conflict
            base={kept}
            mine={form}
            theirs={theirs}
            words={{
              mode: words.rule,
              number: t.admin.users.number,
              base: words.base,
              perKey: words.perKey,
              max: words.max,
              baseContributors: words.baseContributors,
              require: words.require,
              keysPerUser: words.keysPerUser,
              weights: words.weights,
            }}
            say={(field, value) => (field === "mode" ? (value === "auto" ? t.admin.users.ruleAuto : t.admin.users.ruleManual) : undefined)}
            onTake={take}
          />
        )}
        {preview && <Preview of={preview} />}
        <div className="row row-end">
          <Button type="submit" busy={look.busy}>{t.admin.limits.preview}</Button>
          {preview && <Button kind="primary" busy={apply.busy} onClick={() => { apply.send(); }}>{t.admin.limits.apply}</Button>}
        </div>
      </form>
    </Card>
  );
}

function PolicyFields({ form, onChange }: { form: PolicyForm; onChange: (change: Partial<PolicyForm>) => void }) {
  const { t } = useI18n();
  const words = { auto: t.admin.users.ruleAuto, manual: t.admin.users.ruleManual };
  return (
    <>
      <div className="field-group">
        <Choice
          label={t.admin.limits.rule}
          value={form.mode}
          data={(["auto", "manual"] as const).map((mode) => ({ value: mode, label: words[mode] }))}
          onChange={(event) => { onChange({ mode: event.currentTarget.value === "auto" ? "auto" : "manual" }); }}
        />
        {form.mode === "manual" && <NumberField label={t.admin.users.number} description={t.admin.users.numberHelp} value={form.number} onChange={(number) => { onChange({ number }); }} />}
        <NumberField label={t.admin.limits.base} required value={form.base} onChange={(base) => { onChange({ base }); }} />
        <NumberField label={t.admin.limits.perKey} required value={form.perKey} onChange={(perKey) => { onChange({ perKey }); }} />
        <NumberField label={t.admin.limits.max} required value={form.max} onChange={(max) => { onChange({ max }); }} />
        <NumberField label={t.admin.limits.keysPerUser} required value={form.keysPerUser} onChange={(keysPerUser) => { onChange({ keysPerUser }); }} />
      </div>
      <fieldset className="field-group">
        <legend>{t.admin.limits.weights}</legend>
        {TIERS.map((tier) => (
          <TextInput
            key={tier}
            label={tier === "other" ? t.admin.limits.otherTier : t.home.tier[tier]}
            inputMode="decimal"
            required
            value={form.weights[tier]}
            onChange={(event) => { onChange({ weights: { ...form.weights, [tier]: event.currentTarget.value } }); }}
          />
        ))}
      </fieldset>
      <Checkbox label={t.admin.limits.baseContributors} checked={form.baseContributors} onChange={(event) => { onChange({ baseContributors: event.currentTarget.checked }); }} />
      <Checkbox label={t.admin.limits.require} checked={form.require} onChange={(event) => { onChange({ require: event.currentTarget.checked }); }} />
    </>
  );
}

function Preview({ of: preview }: { of: LimitPreview }) {
  const { t, f } = useI18n();
  const { up, down, refused, none } = preview.users;
  const limit = (allowance: LimitPreview["worst"][number]["after"]) => {
    if (allowance.barred) return "0";
    return allowance.rate_limit === null || allowance.rate_limit === undefined ? t.common.unlimited : f.num(allowance.rate_limit);
  };
  return (
    <section className="note stack" aria-label={t.admin.limits.previewTitle}>
      <p role="status">
        <strong>{t.admin.limits.previewText(up, down, refused, none)}</strong>
      </p>
      {preview.worst.length > 0 && (
        <Table
          label={t.admin.limits.previewTitle}
          rows={preview.worst}
          id={(each) => each.user}
          columns={[
            { key: "name", label: t.admin.limits.user, cell: (each) => each.name },
            { key: "effect", label: t.common.state, cell: (each) => t.admin.limits.effect[each.effect] },
            { key: "before", label: t.admin.limits.before, number: true, cell: (each) => limit(each.before) },
            { key: "after", label: t.admin.limits.after, number: true, cell: (each) => limit(each.after) },
            { key: "used", label: t.admin.limits.used, number: true, cell: (each) => each.used ?? f.none },
          ]}
        />
      )}
    </section>
  );
}
