/** One's own account: password and second factor, tokens, sessions, what is kept. */
import { Link, useParams } from "@tanstack/react-router";
import { useI18n } from "../../i18n";
import { NotFound } from "../../shell/Broken";
import { useWho } from "../../shell/useWho";
import { Page } from "../../ui/Page";
import { Tabs } from "../../ui/Tabs";
import { Data } from "./Data";
import { Security } from "./Security";
import { Sessions } from "./Sessions";
import { Tokens } from "./Tokens";

const TABS = { security: Security, tokens: Tokens, sessions: Sessions, data: Data };
type Tab = keyof typeof TABS;
const isTab = (tab: string): tab is Tab => Object.hasOwn(TABS, tab);

export function Account() {
  const { t } = useI18n();
  const who = useWho();
  const { tab } = useParams({ from: "/signed/account/$tab" });
  if (!isTab(tab)) return <NotFound />;
  const Part = TABS[tab];
  return (
    <Page title={t.account.title} lead={`${who.name} · ${t.account.roles[who.role]}`}>
      <Tabs label={t.account.title} current={tab}>
        {(Object.keys(TABS) as Tab[]).map((each) => (
          <Link key={each} to="/account/$tab" params={{ tab: each }} activeProps={{ "aria-current": "page" }}>
            {t.account[each]}
          </Link>
        ))}
      </Tabs>
      <Part />
    </Page>
  );
}
