/** What a client key used in the last seven days, by model and by endpoint. */
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { keyUsage, type UsageGroup } from "../../api/queries/usage";
import type { ClientKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Card } from "../../ui/Page";
import { Table } from "../../ui/Table";
import { Ago } from "../../ui/Time";
import { Outcome } from "../requests/Outcome";
import { usedOf } from "../usage/Lead";
import { useNaming } from "../usage/useNaming";
import { KeyWeek } from "./KeyWeek";

const FEW = 5;

export function KeyUsage({ of: key }: { of: ClientKey }) {
  const { t, f } = useI18n();
  const week = useQuery(keyUsage(key.id));
  return (
    <Card title={t.lively.keyUsage} actions={<Link to="/usage" search={{ key: String(key.id), range: "7d" }}>{t.lively.allUsage}</Link>}>
      <Loaded of={week}>
        {({ usage, by_model, recent }) =>
          usage.total.sums.requests === 0 ? (
            <p className="muted">{t.lively.keyUnused}</p>
          ) : (
            <>
              <KeyWeek of={key} />
              <p>{f.list(usedOf(usage.total.sums, t, f))}</p>
              <Models of={by_model.slice(0, FEW)} />
              <ul className="plain-list stack-s" aria-label={t.usagePage.list}>
                {recent.slice(0, FEW).map((each) => (
                  <li key={each.request_id} className="row spread">
                    <Link to="/requests/$id" params={{ id: each.request_id }} search={{}}>
                      <Ago at={each.ended_at} />
                    </Link>
                    <Outcome of={each} />
                  </li>
                ))}
              </ul>
            </>
          )
        }
      </Loaded>
    </Card>
  );
}

function Models({ of: groups }: { of: UsageGroup[] }) {
  const { t, f } = useI18n();
  const naming = useNaming();
  return (
    <Table
      label={t.usagePage.groups.model}
      rows={groups}
      id={(each) => each.name ?? ""}
      columns={[
        { key: "model", label: t.usagePage.group.model, cell: (each) => naming.group("model", each) },
        { key: "requests", label: t.usagePage.requestsColumn, number: true, cell: (each) => f.short(each.sums.requests) },
      ]}
    />
  );
}
