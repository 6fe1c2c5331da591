/** Where a page cannot be shown: it broke, it is of an older version, or there is none. The shell stays. */
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { explain } from "../api/errors";
import { useI18n } from "../i18n";
import { Button } from "../ui/Button";
import { Page } from "../ui/Page";
import { ErrorPanel } from "../ui/states";

/** A part of the program that is loaded later is gone: the relay carries another version now. */
function isGone(error: unknown): boolean {
  return error instanceof TypeError && /import|module/i.test(error.message);
}

export function Broken({ error, reset }: ErrorComponentProps) {
  const { t, f } = useI18n();
  const router = useRouter();
  if (isGone(error)) {
    return (
      <div className="note row spread" role="alert">
        {t.shell.upgraded}
        <Button onClick={() => { location.reload(); }}>{t.common.reload}</Button>
      </div>
    );
  }
  const retry = () => {
    reset();
    void router.invalidate();
  };
  return <ErrorPanel title={t.shell.crashed} failure={explain(error, t, f)} onRetry={retry} />;
}

export function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t.shell.notFoundTitle} lead={t.shell.notFound}>
      <div data-none>
        <Link to="/home" className="button">
          {t.shell.toHome}
        </Link>
      </div>
    </Page>
  );
}
