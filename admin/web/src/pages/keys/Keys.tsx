/** My client keys: make, use, give a new text, revoke. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { myKeys } from "../../api/queries/mine";
import type { ClientKey } from "../../api/types";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { Checkbox } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { Empty } from "../../ui/states";
import { CreateKey } from "./CreateKey";
import { isExpired, KeyBadge } from "./KeyBadge";
import { KeyMenu } from "./KeyMenu";
import { KeyOnce, type Shown } from "./KeyOnce";
import { KeyWeek, LastUse } from "./KeyWeek";

export function Keys() {
  const { t } = useI18n();
  const keys = useQuery(myKeys);
  const search = useSearch({ from: "/signed/keys" });
  const navigate = useNavigate({ from: "/keys" });
  const [shown, setShown] = useState<Shown | null>(null);
  const close = () => void navigate({ search: { ...search, create: undefined }, replace: true });
  const create = () => void navigate({ search: { ...search, create: "yes" } });
  const works = keys.data?.items.filter((key) => key.state === "active" && !isExpired(key)).length;
  return (
    <Page
      title={t.keys.title}
      lead={works === undefined ? undefined : t.keys.lead(works)}
      actions={
        <Button kind="primary" onClick={create}>
          {t.keys.create}
        </Button>
      }
    >
      <p className="text muted">{t.keys.what}</p>
      <Loaded of={keys}>
        {({ items }) => {
          const some = search.show === "all" ? items : items.filter((key) => key.state !== "revoked");
          return (
            <Card>
              {some.length === 0 ? (
                <Empty text={t.home.noKeys}>
                  <Button onClick={create}>{t.keys.create}</Button>
                </Empty>
              ) : (
                <ul className="plain-list items">
                  {some.map((key) => (
                    <Row key={key.id} of={key} />
                  ))}
                </ul>
              )}
              {items.some((key) => key.state === "revoked") && (
                <Checkbox
                  label={t.keys.showRevoked}
                  checked={search.show === "all"}
                  onChange={(event) => {
                    const show = event.currentTarget.checked ? ("all" as const) : undefined;
                    void navigate({ search: { ...search, show }, replace: true });
                  }}
                />
              )}
            </Card>
          );
        }}
      </Loaded>
      {search.create === "yes" && shown === null && <CreateKey onMade={(made) => { setShown(made); close(); }} onClose={close} />}
      {shown && <KeyOnce shown={shown} onDone={() => { setShown(null); }} />}
    </Page>
  );
}

function Row({ of: key }: { of: ClientKey }) {
  const { t, f } = useI18n();
  const limits = [
    key.rate_limit === 0 ? t.keys.noLimit : t.common.perMinute(key.rate_limit),
    key.concurrency === null || key.concurrency === undefined ? null : t.common.atOnce(key.concurrency),
    key.expires_at === null || key.expires_at === undefined ? t.keys.noExpiry : t.keys.expiresAt(f.moment(key.expires_at)),
    key.spent_today.anlas > 0 ? t.lively.anlasToday(key.spent_today.anlas) : null,
  ];
  return (
    <li className="row spread">
      <div className="stack-s grow">
        <span className="row">
          <Link to="/keys/$id" params={{ id: String(key.id) }}>
            {key.name}
          </Link>
          <code className="muted">{t.keys.ends(key.hint)}</code>
          <KeyBadge of={key} />
        </span>
        <span className="meta">
          {limits.filter((part) => part !== null).join(" · ")}
        </span>
      </div>
      <div className="row">
        {key.state !== "revoked" && <KeyWeek of={key} />}
        {key.state !== "revoked" && <LastUse id={key.id} />}
        <KeyMenu of={key} />
      </div>
    </li>
  );
}
