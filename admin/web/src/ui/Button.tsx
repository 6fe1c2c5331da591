/** Buttons. One that may not be pressed says why instead of hiding. */
import { Tooltip } from "@mantine/core";
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import { useNoConnection } from "./Offline";

type Kind = "plain" | "primary" | "danger" | "quiet";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  size?: "usual" | "small";
  busy?: boolean;
  /** Whether it needs a connection; usual of those that submit and of those that are dangerous. */
  sends?: boolean;
  /** Why it may not be pressed now. */
  whyNot?: string | null;
  ref?: Ref<HTMLButtonElement>;
}

export function Button({ kind = "plain", size = "usual", busy = false, sends, whyNot = null, onClick, className = "", ...rest }: Props) {
  const noConnection = useNoConnection();
  const connects = sends ?? (rest.type === "submit" || kind === "danger");
  const reason = connects ? (noConnection ?? whyNot) : whyNot;
  const off = busy || reason !== null;
  const button = (
    <button
      type="button"
      className={`button ${className}`}
      data-kind={kind}
      data-size={size}
      aria-disabled={off || undefined}
      aria-busy={busy || undefined}
      {...rest}
      onClick={(event) => {
        if (off) event.preventDefault();
        else onClick?.(event);
      }}
    />
  );
  if (reason === null && !connects) return button;
  // Around it from the start: a button that is made anew loses the focus.
  return (
    <Tooltip label={reason ?? ""} disabled={reason === null}>
      {button}
    </Tooltip>
  );
}

/** A sign alone: it has a name that is read out and shown. */
export function IconButton({ label, children, className = "", ...rest }: Omit<Props, "kind"> & { label: string; children: ReactNode }) {
  return (
    <Tooltip label={label}>
      <button type="button" className={`button ${className}`} data-kind="quiet" data-icon aria-label={label} {...rest}>
        {children}
      </button>
    </Tooltip>
  );
}
