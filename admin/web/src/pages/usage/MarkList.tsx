/** What happened last, below the plot that has it as marks, each with where more is told of it. */
import { Link } from "@tanstack/react-router";
import { MarkSign } from "../../charts/MarkSign";
import { useI18n } from "../../i18n";
import type { Happened, HappenedIn } from "./useMarks";

/** More are in the table. */
const FEW = 5;

export function MarkList({ of: { on, cut }, from }: { of: HappenedIn; from: number }) {
  const { t, f } = useI18n();
  if (on.length === 0) return null;
  const beyond = on.length - FEW;
  return (
    <ul className="plain-list meta mark-list" aria-label={t.marks.happened}>
      {on.slice(-FEW).map((one, index) => (
        <li key={`${one.at} ${one.kind} ${index}`} className="row">
          <MarkSign kind={one.kind} />
          <span>
            <time dateTime={new Date(one.at).toISOString()}>{f.at(one.at)}</time> <Leading of={one} />
          </span>
        </li>
      ))}
      {beyond > 0 && <li>{t.marks.more(beyond)}</li>}
      {cut !== null && cut > from && <li>{t.marks.cut(f.at(cut))}</li>}
    </ul>
  );
}

function Leading({ of: { text, leads } }: { of: Happened }) {
  switch (leads.to) {
    case "/edges":
      return <Link to="/edges">{text}</Link>;
    case "/audit":
      return <Link to="/audit" search={{ q: leads.q }}>{text}</Link>;
    case "/now":
      return <Link to="/now" search={leads.over ? { show: "over" } : {}}>{text}</Link>;
  }
}
