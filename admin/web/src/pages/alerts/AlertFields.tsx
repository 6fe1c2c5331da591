/** Where a webhook is, what it is told of, and when it is left alone. */
import type { Explained } from "../../api/errors";
import { useI18n } from "../../i18n";
import { Checkbox, Choice, PasswordInput, TextInput } from "../../ui/fields";
import { type AlertForm, KINDS, SEVERITIES } from "./form";

const HOURS = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour), label: `${hour}:00` }));
const ENDS = Array.from({ length: 24 }, (_, hour) => ({ value: String(hour + 1), label: `${hour + 1}:00` }));

/** What each field is called. */
export function useAlertWords(): Record<keyof AlertForm, string> {
  const words = useI18n().t.alertsPage;
  return {
    name: words.name,
    url: words.url,
    secret: words.secret,
    every: words.every,
    kinds: words.which,
    severity: words.least,
    quiet: words.quiet,
    from: words.from,
    to: words.to,
    zone: words.zone,
    inside: words.inside,
  };
}

interface Props {
  form: AlertForm;
  onChange: (form: AlertForm) => void;
  /** Whether it is there already. */
  edits: boolean;
  failure: Explained | null;
}

export function AlertFields({ form, onChange, edits, failure }: Props) {
  const { t } = useI18n();
  const words = t.alertsPage;
  const set = (change: Partial<AlertForm>) => {
    onChange({ ...form, ...change });
  };
  /** The server's sentence at the field that it is about, without the field's name. */
  const refusal = (field: string) => (failure?.field === field ? failure.detail?.replace(/^[`“"]?\w+[`”"]?:?\s*/, "") : undefined);
  return (
    <>
      <TextInput label={words.name} required maxLength={64} data-autofocus autoComplete="off" value={form.name} error={refusal("name")} onChange={(event) => { set({ name: event.currentTarget.value }); }} />
      <TextInput
        label={words.url}
        description={edits ? words.urlKeep : words.urlHelp}
        required={!edits}
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: "mono" }}
        value={form.url}
        error={refusal("url")}
        onChange={(event) => { set({ url: event.currentTarget.value }); }}
      />
      <PasswordInput label={`${words.secret} (${t.common.optional})`} description={edits ? words.secretKeep : words.secretHelp} autoComplete="off" value={form.secret} error={refusal("secret")} onChange={(event) => { set({ secret: event.currentTarget.value }); }} />
      <Choice
        label={words.least}
        value={form.severity}
        data={SEVERITIES.map((each) => ({ value: each, label: t.nowPage.severity[each] }))}
        onChange={(event) => { set({ severity: SEVERITIES.find((each) => each === event.currentTarget.value) ?? "warning" }); }}
      />
      <Choice
        label={words.which}
        value={form.every ? "every" : "some"}
        data={[{ value: "every", label: words.every }, { value: "some", label: words.some }]}
        onChange={(event) => { set({ every: event.currentTarget.value === "every" }); }}
      />
      {!form.every && (
        <fieldset className="field-group">
          <legend className="visually-hidden">{words.which}</legend>
          {KINDS.map((kind) => (
            <Checkbox
              key={kind}
              label={t.nowPage.kind[kind]}
              checked={form.kinds.includes(kind)}
              onChange={(event) => {
                set({ kinds: event.currentTarget.checked ? [...form.kinds, kind] : form.kinds.filter((each) => each !== kind) });
              }}
            />
          ))}
        </fieldset>
      )}
      <Checkbox label={words.quiet} checked={form.quiet} onChange={(event) => { set({ quiet: event.currentTarget.checked }); }} />
      {form.quiet && (
        <div className="field-group">
          <Choice label={words.from} value={form.from} data={HOURS} onChange={(event) => { set({ from: event.currentTarget.value }); }} />
          <Choice label={words.to} value={form.to} data={ENDS} onChange={(event) => { set({ to: event.currentTarget.value }); }} />
          <TextInput label={words.zone} value={form.zone} spellCheck={false} error={refusal("quiet.zone")} onChange={(event) => { set({ zone: event.currentTarget.value }); }} />
        </div>
      )}
      <Checkbox label={words.inside} checked={form.inside} onChange={(event) => { set({ inside: event.currentTarget.checked }); }} />
    </>
  );
}
