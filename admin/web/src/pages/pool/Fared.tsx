/** How a pool key, a node or an outbound proxy fared: strips over a time, and the changes that made them. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { components } from "../../api/generated/schema";
import { history, type Range, RANGES, type Subject } from "../../api/queries/supply";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Choice } from "../../ui/fields";
import { Strip } from "../../ui/Strip";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";
import { markOf, stateWord } from "./states";

type Part = components["schemas"]["HistoryPart"];
type Change = components["schemas"]["StateChange"];

/** The worst lie on top, so that what was well is the ground. */
const ORDER = ["ok", "none", "off", "wait", "warn", "final", "bad"];

export function columnsOf(part: Part) {
  return part.segments.map((segment) => {
    const whole = Math.max(1, segment.to - segment.from);
    const bands = segment.spent.map((share) => ({ mark: markOf(share.state), share: share.ms / whole }));
    bands.sort((a, b) => ORDER.indexOf(a.mark) - ORDER.indexOf(b.mark));
    return { key: segment.from, bands };
  });
}

/** A strip with the sentence that says the same. */
export function PartStrip({ of: part }: { of: Part }) {
  const { t, f } = useI18n();
  const healthy = part.healthy === null || part.healthy === undefined ? null : f.share(part.healthy);
  const text = t.supply.strip(stateWord(part.state, t), healthy);
  return (
    <figure className="stack-s">
      <Strip columns={columnsOf(part)} label={text} />
      <figcaption className="meta">
        {f.sentences([text, part.spent.length > 1 ? t.supply.spentAll(part.spent.map((share) => t.supply.spent(stateWord(share.state, t), f.span(share.ms))).join(" · ")) : ""])}
      </figcaption>
    </figure>
  );
}

/** Only the strips, for a row of a list. */
export function Strips({ of: subject }: { of: Subject }) {
  const { t } = useI18n();
  const past = useQuery(history(subject, "day", serverNow));
  if (past.data === undefined) return null;
  if (past.data.parts.length === 0) return <p className="meta">{t.supply.noHistory}</p>;
  return past.data.parts.map((part) => (
    <div key={part.upstream} className="stack-s">
      {past.data.parts.length > 1 && <span className="meta">{part.upstream}</span>}
      <PartStrip of={part} />
    </div>
  ));
}

export function Fared({ of: subject }: { of: Subject }) {
  const { t, f } = useI18n();
  const [range, setRange] = useState<Range>("day");
  const past = useQuery(history(subject, range, serverNow));
  const ranges = Object.keys(RANGES) as Range[];
  return (
    <section className="stack" aria-label={t.supply.history}>
      <div className="row spread">
        <h3>{t.supply.history}</h3>
        <Choice
          aria-label={t.supply.history}
          value={range}
          data={ranges.map((each) => ({ value: each, label: t.supply.range[each] }))}
          onChange={(event) => {
            const chosen = ranges.find((each) => each === event.currentTarget.value);
            if (chosen) setRange(chosen);
          }}
        />
      </div>
      <Loaded of={past}>
        {({ parts, changes, checked_at, from, to }) => (
          <>
            {parts.length === 0 && <p className="muted">{t.supply.noHistory}</p>}
            {parts.map((part) => (
              <div key={part.upstream} className="stack-s">
                {parts.length > 1 && <h4>{part.upstream}</h4>}
                <PartStrip of={part} />
              </div>
            ))}
            {parts.length > 0 && (
              <p className="meta row spread strip-ends">
                <span>{f.at(from)}</span>
                <span>{checked_at === null || checked_at === undefined ? t.supply.neverChecked : t.supply.lastChecked(f.ago(checked_at))}</span>
                <span>{f.at(to)}</span>
              </p>
            )}
            <Changes of={changes} />
          </>
        )}
      </Loaded>
    </section>
  );
}

function Changes({ of: changes }: { of: Change[] }) {
  const { t, f } = useI18n();
  if (changes.length === 0) return <p className="muted">{t.supply.noChanges}</p>;
  const several = new Set(changes.map((change) => change.upstream)).size > 1;
  const word = (change: Change) => {
    const to = stateWord(change.to, t);
    return change.from ? t.supply.change(stateWord(change.from, t), to) : to;
  };
  return (
    <Table
      label={t.supply.changes}
      rows={changes}
      id={(change) => change.id}
      columns={[
        { key: "at", label: t.supply.when, cell: (change) => <Ago at={change.at} /> },
        ...(several ? [{ key: "upstream", label: t.supply.upstream, cell: (change: Change) => change.upstream }] : []),
        {
          key: "to",
          label: t.supply.changes,
          cell: (change) => (
            <>
              {word(change)}
              {change.times > 1 && <span className="meta"> · {t.supply.times(change.times, f.at(change.until))}</span>}
            </>
          ),
        },
        {
          key: "why",
          label: t.supply.why,
          cell: (change) => [t.supply.by[change.by], change.reason].filter(Boolean).join(" · "),
        },
      ]}
    />
  );
}
