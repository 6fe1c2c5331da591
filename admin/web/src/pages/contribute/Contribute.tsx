/** What I brought: is my account safe, and is it serving? */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { myPoolKeys } from "../../api/queries/mine";
import type { MyPoolKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Checkbox } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { useCapsText } from "./CapsFields";
import { ContributionActs } from "./ContributionActs";
import { StateBadges, StateSentences } from "./PoolKeyState";

export function Contribute() {
  const { t } = useI18n();
  const keys = useQuery(myPoolKeys);
  const { show } = useSearch({ from: "/signed/contribute" });
  const navigate = useNavigate({ from: "/contribute" });
  const there = keys.data?.items.filter((key) => key.standing.state !== "withdrawn");
  const serving = there?.filter((key) => key.standing.state === "healthy" && key.holds.every((hold) => hold.kind === "reserve"));
  const add = (
    <Link to="/contribute/new" className="button" data-kind="primary">
      {t.contribute.add}
    </Link>
  );
  return (
    <Page title={t.contribute.title} lead={there && serving && t.contribute.lead(there.length, serving.length)} actions={add}>
      <p className="text muted">{t.contribute.what}</p>
      <Loaded of={keys}>
        {({ items }) => {
          const some = show === "all" ? items : items.filter((key) => key.standing.state !== "withdrawn");
          return (
            <Card>
              {some.length === 0 ? (
                <Empty text={t.home.noPoolKeys}>{add}</Empty>
              ) : (
                <ul className="plain-list items">
                  {some.map((key) => (
                    <Row key={key.id} of={key} />
                  ))}
                </ul>
              )}
              {items.some((key) => key.standing.state === "withdrawn") && (
                <Checkbox
                  label={t.contribute.showWithdrawn}
                  checked={show === "all"}
                  onChange={(event) => void navigate({ search: { show: event.currentTarget.checked ? "all" : undefined }, replace: true })}
                />
              )}
            </Card>
          );
        }}
      </Loaded>
    </Page>
  );
}

function Row({ of: key }: { of: MyPoolKey }) {
  const { t } = useI18n();
  const capsText = useCapsText();
  return (
    <li className="row spread">
      <div className="stack-s grow">
        <span className="row">
          <Link to="/contribute/$id" params={{ id: String(key.id) }}>
            {key.label || t.home.keyWithoutName(key.id)}
          </Link>
          <span className="meta">{key.upstream}</span>
          <StateBadges standing={key.standing} holds={key.holds} />
        </span>
        <StateSentences standing={key.standing} holds={key.holds} upstream={key.upstream} />
        <span className="meta">
          {capsText(key.caps)} · {t.keys.today(t.common.requests(key.spent_today.requests), t.common.anlas(key.spent_today.anlas))}
        </span>
      </div>
      <div className="row">
        <ContributionActs of={key} />
      </div>
    </li>
  );
}
