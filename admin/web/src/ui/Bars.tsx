/** A few bars, with the sentence and the table that say the same. */
import { useI18n } from "../i18n";
import { Table } from "./Table";

interface Bar {
  label: string;
  value: number;
  text: string;
}

export function Bars({ title, bars, column }: { title: string; bars: Bar[]; column: string }) {
  const { t } = useI18n();
  const most = Math.max(1, ...bars.map((bar) => bar.value));
  return (
    <figure className="stack-s" aria-label={title}>
      <div className="bars" aria-hidden="true">
        {bars.map((bar) => (
          <i key={bar.label} title={`${bar.label}: ${bar.text}`} style={{ height: `${Math.max(2, (100 * bar.value) / most)}%` }} />
        ))}
      </div>
      <details>
        <summary>{t.common.more}</summary>
        <Table
          label={title}
          id={(bar) => bar.label}
          rows={bars}
          columns={[
            { key: "day", label: column, cell: (bar) => bar.label },
            { key: "value", label: title, number: true, cell: (bar) => bar.text },
          ]}
        />
      </details>
    </figure>
  );
}
