/** What is on the page, to take along: as a file with the same filters, or as a link to the same time. */
import { IconDownload } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useRouter } from "@tanstack/react-router";
import { session } from "../../api/queries/mine";
import { exportPath } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { CopyButton } from "../../ui/CopyButton";
import { Menu } from "../../ui/Menu";
import { fixed } from "./Filters";
import { useUsage } from "./useUsage";

const FORMATS = { csv: "CSV", ndjson: "NDJSON" } as const;

export function Export({ rows }: { rows: number | null }) {
  const { t } = useI18n();
  const client = useQueryClient();
  const { whose, time, listed } = useUsage();
  const download = async (format: keyof typeof FORMATS) => {
    // The browser fetches the file by itself: asking first keeps the session up.
    await client.fetchQuery({ ...session, staleTime: 0 });
    const link = document.createElement("a");
    link.href = exportPath(whose, time, listed, format);
    link.download = `requests.${format}`;
    link.click();
  };
  const items = (["csv", "ndjson"] as const).map((format) => ({
    label: rows === null ? FORMATS[format] : t.usagePage.exportAs(FORMATS[format], rows),
    onClick: () => void download(format),
  }));
  if (rows === 0) return <Button whyNot={t.usagePage.none}>{t.usagePage.export}</Button>;
  return (
    <Menu
      items={items}
      target={
        <button type="button" className="button">
          <IconDownload size={18} aria-hidden />
          {t.usagePage.export}
        </button>
      }
    />
  );
}

export function CopyLink() {
  const { t } = useI18n();
  const router = useRouter();
  const { search } = useUsage();
  const { href } = router.buildLocation({ to: "/usage", search: { ...search, ...fixed(search) } });
  return <CopyButton label={t.usagePage.copyLink} text={`${location.origin}/manage/ui${href.replace(/^\/manage\/ui/, "")}`} />;
}
