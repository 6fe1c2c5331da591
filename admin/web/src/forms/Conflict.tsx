/** Somebody else changed what is being edited: yours and theirs side by side, a choice for each field that differs. */
import { useId, useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";
import { differing, merged, type Picks, type Side } from "./merge";
import "./conflict.css";

/** What a field holds: text, a switch, a list, or texts by name. */
type Value = string | boolean | null | readonly string[] | Readonly<Record<string, string>>;

interface Props<F extends { [K in keyof F]: Value }> {
  /** As it was when editing began. */
  base: F;
  mine: F;
  /** As it is now, with its revision. */
  theirs: () => Promise<{ form: F; revision: number }>;
  /** What each field is called. */
  words: { readonly [K in keyof F]: string };
  /** What a choice is called, where its value is no word. */
  say?: (field: keyof F, value: Value) => string | undefined;
  /** The form to go on with, and what it is an edit of. */
  onTake: (form: F, base: F, revision: number) => void;
}

export function Conflict<F extends { [K in keyof F]: Value }>({ base, mine, theirs, words, say, onTake }: Props<F>) {
  const { t, f } = useI18n();
  const id = useId();
  const [picks, setPicks] = useState<Picks<F>>({});
  const now = useQuery({ queryKey: ["conflict", id], queryFn: theirs, gcTime: 0, staleTime: Number.POSITIVE_INFINITY });
  const shown = (field: keyof F, value: Value): string => {
    const said = say?.(field, value);
    if (said !== undefined) return said;
    if (value === null || value === "") return f.none;
    if (typeof value === "boolean") return value ? t.common.on : t.common.off;
    if (typeof value === "string") return value;
    return f.list(Array.isArray(value) ? [...(value as string[])] : Object.entries(value).map(([name, one]) => `${name} ${one}`)) || f.none;
  };
  const { data } = now;
  const fields = data ? differing(base, mine, data.form) : [];
  const side = (field: keyof F, usual: Side) => picks[field] ?? usual;
  return (
    <div className="note stack" role="alert" data-tone="warn">
      <strong>{t.common.changedTitle}</strong>
      <p>{data && fields.length === 0 ? t.common.changedElsewhere : t.common.changedText}</p>
      {data &&
        fields.map(({ field, side: usual }) => (
          <fieldset key={String(field)} className="conflict-field">
            <legend>{words[field]}</legend>
            {(["mine", "theirs"] as const).map((each) => (
              <label key={each}>
                <input
                  type="radio"
                  name={`${id}${String(field)}`}
                  checked={side(field, usual) === each}
                  onChange={() => { setPicks({ ...picks, [field]: each }); }}
                />
                <span>
                  {t.common[each]} <span className="conflict-value">{shown(field, (each === "mine" ? mine : data.form)[field])}</span>
                </span>
              </label>
            ))}
          </fieldset>
        ))}
      {now.isError && <Button onClick={() => void now.refetch()}>{t.common.retry}</Button>}
      {data && (
        <div className="row">
          <Button onClick={() => { onTake(merged(base, mine, data.form, picks), data.form, data.revision); }}>{t.common.goOn}</Button>
        </div>
      )}
    </div>
  );
}
