/** What whoever lends an account risks, in the relay's own words, before the box is ticked. */
import { useQuery } from "@tanstack/react-query";
import { notice } from "../../api/queries/mine";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Checkbox } from "../../ui/fields";

interface Props {
  accepted: boolean;
  onAccept: (accepted: boolean) => void;
  missing: boolean;
}

export function Risk({ accepted, onAccept, missing }: Props) {
  const { t, language } = useI18n();
  const text = useQuery(notice(language));
  return (
    <section className="stack" aria-label={t.contribute.riskTitle}>
      <h2>{t.contribute.riskTitle}</h2>
      <Loaded of={text}>{(data) => <div className="note pre text">{data.text}</div>}</Loaded>
      <Checkbox
        label={t.contribute.accept}
        checked={accepted}
        error={missing && !accepted ? t.contribute.acceptNeeded : undefined}
        onChange={(event) => {
          onAccept(event.currentTarget.checked);
        }}
      />
    </section>
  );
}
