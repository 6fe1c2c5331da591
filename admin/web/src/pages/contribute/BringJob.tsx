/** What became of each line that was brought; fills as keys are looked at. */
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { myJob } from "../../api/queries/mine";
import type { ImportJob } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Badge, type Tone } from "../../ui/Badge";
import { Page } from "../../ui/Page";
import { Table } from "../../ui/Table";

type Line = ImportJob["lines"][number];

const LOOK: Record<Line["state"], [Tone, string]> = {
  added: ["wait", "…"],
  verified: ["ok", "✓"],
  refused: ["bad", "✕"],
  duplicate: ["off", "="],
  invalid: ["bad", "✕"],
  withdrawn: ["final", "■"],
};

export function BringJob() {
  const { t } = useI18n();
  const { id } = useParams({ from: "/signed/contribute/jobs/$id" });
  const job = useQuery(myJob(Number(id)));
  const lead = job.data && t.contribute.jobDone(job.data.done, job.data.total);
  return (
    <Page title={t.contribute.jobTitle} lead={<span role="status">{lead}</span>}>
      <Loaded of={job}>
        {({ lines }) => (
          <div className="card">
            <Table
              label={t.contribute.jobTitle}
              rows={lines}
              id={(line) => line.line}
              columns={[
                { key: "line", label: t.contribute.line, cell: (line) => line.line },
                { key: "state", label: t.common.state, cell: (line) => <State of={line} /> },
                { key: "why", label: t.common.why, cell: (line) => line.why ?? "" },
                {
                  key: "key",
                  label: t.keys.secretLabel,
                  cell: (line) =>
                    line.pool_key ? (
                      <Link to="/contribute/$id" params={{ id: String(line.pool_key) }}>
                        {t.home.keyWithoutName(line.pool_key)}
                      </Link>
                    ) : null,
                },
              ]}
            />
          </div>
        )}
      </Loaded>
      <div>
        <Link to="/contribute" search={{}} className="button">
          {t.contribute.title}
        </Link>
      </div>
    </Page>
  );
}

function State({ of: line }: { of: Line }) {
  const { t } = useI18n();
  const [tone, glyph] = LOOK[line.state];
  return (
    <Badge tone={tone} glyph={glyph}>
      {t.contribute.lineState[line.state]}
    </Badge>
  );
}
