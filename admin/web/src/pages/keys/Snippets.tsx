/** Lines to copy, for the program that one uses; which one is remembered. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { about } from "../../api/queries/mine";
import { useI18n } from "../../i18n";
import { CopyButton } from "../../ui/CopyButton";
import { Choice } from "../../ui/fields";
import { PLACEHOLDER, SNIPPETS } from "./snippets";

export function Snippets({ secret }: { secret?: string }) {
  const { t } = useI18n();
  const [id, setId] = useState(() => localStorage.getItem("potluck.client") ?? "curl");
  const relay = useQuery(about);
  const base = (relay.data?.public_base_url ?? location.origin).replace(/\/$/, "");
  const snippet = SNIPPETS.find((each) => each.id === id) ?? SNIPPETS[0];
  if (snippet === undefined) return null;
  const text = snippet.text(base, secret ?? PLACEHOLDER);
  return (
    <div className="stack">
      <Choice
        label={t.keys.client}
        value={snippet.id}
        data={SNIPPETS.map((each) => ({ value: each.id, label: each.name }))}
        onChange={(event) => {
          localStorage.setItem("potluck.client", event.currentTarget.value);
          setId(event.currentTarget.value);
        }}
      />
      <pre className="code" tabIndex={0} aria-label={snippet.name}>
        {text}
      </pre>
      <div className="row">
        <CopyButton text={text} />
        {secret === undefined && <span className="meta">{t.keys.useHint}</span>}
      </div>
    </div>
  );
}
