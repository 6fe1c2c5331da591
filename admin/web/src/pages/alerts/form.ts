/** A webhook as the form has it, and what of it is sent. */
import type { components } from "../../api/generated/schema";
import type { AlertTarget } from "../../api/queries/watch";

type Schemas = components["schemas"];
export type Kind = AlertTarget["kinds"] extends infer List ? NonNullable<List> extends readonly (infer One)[] ? One : never : never;
export type Severity = Schemas["Severity"];

export const KINDS: readonly Kind[] = [
  "keys_fail_alike",
  "pool_drained",
  "key_invalid",
  "upstream_down",
  "node_down",
  "proxy_down",
  "queue_refuses",
  "snapshot_stale",
  "spool_filling",
  "error_rate",
  "job_failed",
];
export const SEVERITIES: readonly Severity[] = ["info", "warning", "critical"];

export interface AlertForm {
  name: string;
  url: string;
  secret: string;
  every: boolean;
  kinds: readonly Kind[];
  severity: Severity;
  quiet: boolean;
  from: string;
  to: string;
  zone: string;
  inside: boolean;
}

const ownZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";

export function alertForm(target: AlertTarget | null): AlertForm {
  const kinds = target?.kinds ?? null;
  const quiet = target?.quiet ?? null;
  return {
    name: target?.name ?? "",
    url: "",
    secret: "",
    every: kinds === null,
    kinds: kinds ?? [],
    severity: target?.min_severity ?? "warning",
    quiet: quiet !== null,
    from: String(quiet?.from ?? 22),
    to: String(quiet?.to ?? 7),
    zone: quiet?.zone ?? ownZone(),
    inside: target?.allow_private ?? false,
  };
}

/** What adding and editing have in common. */
export function alertBody(form: AlertForm) {
  const url = form.url.trim();
  return {
    name: form.name.trim(),
    kinds: form.every ? null : [...form.kinds],
    min_severity: form.severity,
    quiet: form.quiet ? { from: Number(form.from), to: Number(form.to), zone: form.zone.trim() || "UTC" } : null,
    allow_private: form.inside,
    ...(url === "" ? {} : { url }),
    ...(form.secret === "" ? {} : { secret: form.secret }),
  };
}
