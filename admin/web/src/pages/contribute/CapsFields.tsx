/** A contributor's rules, as the form has them. */
import type { Caps } from "../../api/types";
import { useI18n } from "../../i18n";
import { Checkbox, Choice, NumberField, numberOf, TextInput, textOf } from "../../ui/fields";

export interface CapsForm {
  freeOnly: boolean;
  anlas: string;
  keep: string;
  requests: string;
  hasHours: boolean;
  from: string;
  to: string;
  zone: string;
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function capsForm(caps: Caps | null): CapsForm {
  return {
    freeOnly: caps?.free_only ?? true,
    anlas: textOf(caps?.anlas_per_day),
    keep: caps?.keep_anlas ? String(caps.keep_anlas) : "",
    requests: textOf(caps?.requests_per_day),
    hasHours: caps?.hours !== null && caps?.hours !== undefined,
    from: String(caps?.hours?.from ?? 22),
    to: String(caps?.hours?.to ?? 8),
    zone: caps?.hours?.zone ?? ownZone(),
  };
}

/** All of the rules: what is not named is lifted. */
export function capsBody(form: CapsForm) {
  return {
    free_only: form.freeOnly,
    anlas_per_day: numberOf(form.anlas),
    keep_anlas: numberOf(form.keep) ?? 0,
    requests_per_day: numberOf(form.requests),
    hours: form.hasHours ? { from: Number(form.from), to: Number(form.to), zone: form.zone.trim() || "UTC" } : null,
  };
}

/** What each field is called. */
export function useCapsWords(): Record<keyof CapsForm, string> {
  const { contribute } = useI18n().t;
  return {
    freeOnly: contribute.freeOnly,
    anlas: contribute.anlasPerDay,
    keep: contribute.keepAnlas,
    requests: contribute.requestsPerDay,
    hasHours: contribute.hours,
    from: contribute.hoursFrom,
    to: contribute.hoursTo,
    zone: contribute.zone,
  };
}

const HOURS = Array.from({ length: 24 }, (_, hour) => String(hour));
const ENDS = Array.from({ length: 24 }, (_, hour) => String(hour + 1));

interface Props {
  form: CapsForm;
  onChange: (form: CapsForm) => void;
  /** Whether its upstream counts Anlas. */
  anlas: boolean;
}

export function CapsFields({ form, onChange, anlas }: Props) {
  const { t } = useI18n();
  const set = (change: Partial<CapsForm>) => {
    onChange({ ...form, ...change });
  };
  return (
    <fieldset className="stack">
      <legend>{t.contribute.rules}</legend>
      {anlas && (
        <Checkbox
          label={t.contribute.freeOnly}
          description={t.contribute.freeOnlyHelp}
          checked={form.freeOnly}
          onChange={(event) => {
            set({ freeOnly: event.currentTarget.checked });
          }}
        />
      )}
      <div className="field-group">
        {anlas && !form.freeOnly && (
          <>
            <NumberField label={t.contribute.anlasPerDay} description={t.contribute.emptyNoCap} value={form.anlas} onChange={(value) => { set({ anlas: value }); }} />
            <NumberField label={t.contribute.keepAnlas} value={form.keep} onChange={(value) => { set({ keep: value }); }} />
          </>
        )}
        <NumberField label={t.contribute.requestsPerDay} description={t.contribute.emptyNoCap} value={form.requests} onChange={(value) => { set({ requests: value }); }} />
      </div>
      <Checkbox
        label={t.contribute.hours}
        checked={form.hasHours}
        onChange={(event) => {
          set({ hasHours: event.currentTarget.checked });
        }}
      />
      {form.hasHours && (
        <div className="field-group">
          <Choice label={t.contribute.hoursFrom} value={form.from} data={HOURS.map((hour) => ({ value: hour, label: `${hour}:00` }))} onChange={(event) => { set({ from: event.currentTarget.value }); }} />
          <Choice label={t.contribute.hoursTo} value={form.to} data={ENDS.map((hour) => ({ value: hour, label: `${hour}:00` }))} onChange={(event) => { set({ to: event.currentTarget.value }); }} />
          <TextInput label={t.contribute.zone} value={form.zone} spellCheck={false} onChange={(event) => { set({ zone: event.currentTarget.value }); }} />
        </div>
      )}
    </fieldset>
  );
}

/** The rules in a line of words. */
export function useCapsText() {
  const { t } = useI18n();
  const words = t.contribute.rule;
  return (caps: Caps): string => {
    const parts = [
      caps.free_only ? words.free : null,
      caps.anlas_per_day === null || caps.anlas_per_day === undefined ? null : words.anlas(caps.anlas_per_day),
      caps.keep_anlas ? words.keep(caps.keep_anlas) : null,
      caps.requests_per_day === null || caps.requests_per_day === undefined ? null : words.requests(caps.requests_per_day),
      caps.hours ? words.hours(caps.hours.from, caps.hours.to, caps.hours.zone ?? "UTC") : null,
    ].filter((part) => part !== null);
    return parts.length === 0 ? words.none : parts.join(" · ");
  };
}
