/** Around the pages for those who are not signed in. */
import { IconSoup } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Outlet } from "@tanstack/react-router";
import { about } from "../../api/queries/mine";
import { useI18n } from "../../i18n";
import { LanguageMenu, ThemeMenu } from "../../shell/TopBar";
import "../../shell/shell.css";

export function Entry() {
  const { t } = useI18n();
  const { data } = useQuery(about);
  return (
    <main className="entry stack-l" id="content">
      <div className="row spread">
        <span className="brand">
          <IconSoup size={24} aria-hidden />
          {data?.name ?? t.shell.product}
        </span>
        <span className="row">
          <LanguageMenu />
          <ThemeMenu />
        </span>
      </div>
      {data?.notice && <aside className="note pre">{data.notice}</aside>}
      <Outlet />
    </main>
  );
}
