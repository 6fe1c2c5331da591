/** Pages that only admins have: others read who can give it to them. */
import { Outlet } from "@tanstack/react-router";
import { useI18n } from "../i18n";
import { Page } from "../ui/Page";
import { useWho } from "./useWho";

export function AdminOnly() {
  const { t } = useI18n();
  if (useWho().role === "admin") return <Outlet />;
  return (
    <Page title={t.shell.noPermissionTitle} lead={t.shell.noPermission}>
      {null}
    </Page>
  );
}
