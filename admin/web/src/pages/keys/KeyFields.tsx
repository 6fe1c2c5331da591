/** What can be set of a client key, as the form has it. */
import { useI18n } from "../../i18n";
import { linesOf, NumberField, numberOf, Textarea, TextInput, textOf } from "../../ui/fields";
import type { ClientKey } from "../../api/types";

export interface KeyForm {
  name: string;
  rateLimit: string;
  concurrency: string;
  anlas: string;
  expires: string;
  models: string;
  addresses: string;
}

export const EMPTY_KEY: KeyForm = { name: "", rateLimit: "0", concurrency: "", anlas: "", expires: "", models: "", addresses: "" };

/** A time as the field for it has it: of the viewer's own zone. */
function localTime(at: number | null | undefined): string {
  if (at === null || at === undefined) return "";
  const shifted = new Date(at - new Date(at).getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 16);
}

export function formOf(key: ClientKey): KeyForm {
  return {
    name: key.name,
    rateLimit: String(key.rate_limit),
    concurrency: textOf(key.concurrency),
    anlas: textOf(key.anlas_per_day),
    expires: localTime(key.expires_at),
    models: key.models?.join("\n") ?? "",
    addresses: key.addresses?.join("\n") ?? "",
  };
}

export function bodyOf(form: KeyForm) {
  return {
    name: form.name.trim(),
    rate_limit: numberOf(form.rateLimit) ?? 0,
    concurrency: numberOf(form.concurrency),
    anlas_per_day: numberOf(form.anlas),
    expires_at: form.expires === "" ? null : new Date(form.expires).getTime(),
    models: linesOf(form.models),
    addresses: linesOf(form.addresses),
  };
}

/** What each field is called. */
export function useKeyWords(): Record<keyof KeyForm, string> {
  const { keys } = useI18n().t;
  return { name: keys.name, rateLimit: keys.rateLimit, concurrency: keys.concurrency, anlas: keys.anlas, expires: keys.expires, models: keys.models, addresses: keys.addresses };
}

interface Props {
  form: KeyForm;
  onChange: (form: KeyForm) => void;
  /** The field that the server refused, and why. */
  field: string | null;
  why: string | null;
  open?: boolean;
}

export function KeyFields({ form, onChange, field, why, open = false }: Props) {
  const { t } = useI18n();
  const set = <K extends keyof KeyForm>(name: K) => (value: string) => {
    onChange({ ...form, [name]: value });
  };
  const error = (name: string) => (field === name ? why : undefined);
  return (
    <>
      <TextInput
        label={t.keys.name}
        description={t.keys.nameHelp}
        required
        maxLength={100}
        data-autofocus
        value={form.name}
        error={error("name")}
        onChange={(event) => {
          set("name")(event.currentTarget.value);
        }}
      />
      <details open={open || (field !== null && field !== "name")}>
        <summary>{t.keys.limits}</summary>
        <div className="stack">
          <div className="field-group">
            <NumberField label={t.keys.rateLimit} description={t.keys.rateLimitHelp} value={form.rateLimit} error={error("rate_limit")} onChange={set("rateLimit")} />
            <NumberField label={t.keys.concurrency} description={t.keys.concurrencyHelp} value={form.concurrency} error={error("concurrency")} onChange={set("concurrency")} />
            <NumberField label={t.keys.anlas} description={t.keys.anlasHelp} value={form.anlas} error={error("anlas_per_day")} onChange={set("anlas")} />
            <TextInput
              type="datetime-local"
              label={t.keys.expires}
              description={t.keys.expiresHelp}
              value={form.expires}
              error={error("expires_at")}
              onChange={(event) => {
                set("expires")(event.currentTarget.value);
              }}
            />
          </div>
          <Textarea
            label={t.keys.models}
            description={t.keys.modelsHelp}
            rows={2}
            value={form.models}
            error={error("models")}
            onChange={(event) => {
              set("models")(event.currentTarget.value);
            }}
          />
          <Textarea
            label={t.keys.addresses}
            description={t.keys.addressesHelp}
            rows={2}
            value={form.addresses}
            error={error("addresses")}
            onChange={(event) => {
              set("addresses")(event.currentTarget.value);
            }}
          />
        </div>
      </details>
    </>
  );
}
