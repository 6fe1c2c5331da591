/** A new password, typed twice. `null` is said until both are the same. */
import { useState } from "react";
import { useI18n } from "../i18n";
import { PasswordInput } from "../ui/fields";

export function NewPassword({ label, onChange }: { label: string; onChange: (password: string | null) => void }) {
  const { t } = useI18n();
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const [left, setLeft] = useState(false);
  const tell = (one: string, other: string) => {
    setFirst(one);
    setSecond(other);
    onChange(one !== "" && one === other ? one : null);
  };
  return (
    <>
      <PasswordInput
        label={label}
        description={t.entry.passwordHelp}
        name="new-password"
        autoComplete="new-password"
        required
        minLength={12}
        value={first}
        onChange={(event) => {
          tell(event.currentTarget.value, second);
        }}
      />
      <PasswordInput
        label={t.entry.passwordAgain}
        name="new-password-again"
        autoComplete="new-password"
        required
        value={second}
        error={left && first !== second ? t.entry.passwordsDiffer : undefined}
        onBlur={() => {
          setLeft(true);
        }}
        onChange={(event) => {
          tell(first, event.currentTarget.value);
        }}
      />
    </>
  );
}
