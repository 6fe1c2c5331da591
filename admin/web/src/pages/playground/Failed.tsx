/** What went wrong, whose doing it is, and what the other side said. */
import { useI18n } from "../../i18n";
import type { Trouble } from "./trouble";

export function Failed({ of: trouble }: { of: Trouble }) {
  const { t } = useI18n();
  return (
    <div className="note stack-s" data-tone="bad" role="alert">
      <p>
        {trouble.text} {trouble.whose !== null && t.playground.doing(t.playground.whose[trouble.whose])}
      </p>
      {trouble.detail !== null && <p>{trouble.detail}</p>}
    </div>
  );
}
