/** Fields of forms. Label, help and error are tied to each by Mantine. */
import { Checkbox, NativeSelect, PasswordInput, Textarea, TextInput } from "@mantine/core";
import type { ComponentProps } from "react";

export { Checkbox, NativeSelect as Choice, PasswordInput, Textarea, TextInput };

interface NumberProps extends Omit<ComponentProps<typeof TextInput>, "value" | "onChange"> {
  value: string;
  onChange: (value: string) => void;
}

/** A whole number, as text until the form is sent: empty means something else than 0. */
export function NumberField({ value, onChange, ...rest }: NumberProps) {
  return (
    <TextInput
      inputMode="numeric"
      autoComplete="off"
      pattern="[0-9]*"
      {...rest}
      value={value}
      onChange={(event) => {
        onChange(event.currentTarget.value.replace(/[^0-9]/g, ""));
      }}
    />
  );
}

/** `null` of an empty field. */
export function numberOf(text: string): number | null {
  return text === "" ? null : Number(text);
}

export function textOf(value: number | null | undefined): string {
  return value === null || value === undefined ? "" : String(value);
}

/** Lines that say something; `null` of none. */
export function linesOf(text: string): string[] | null {
  const lines = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return lines.length === 0 ? null : lines;
}
