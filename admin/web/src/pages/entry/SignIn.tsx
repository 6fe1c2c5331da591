/** Signing in. Leads back to where one wanted to go. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useRouter, useSearch } from "@tanstack/react-router";
import { about, session } from "../../api/queries/mine";
import { SignInForm } from "../../forms/SignInForm";
import { useI18n } from "../../i18n";
import { Page } from "../../ui/Page";

export function SignIn() {
  const { t } = useI18n();
  const router = useRouter();
  const client = useQueryClient();
  const { to } = useSearch({ from: "/open/sign-in" });
  const { data } = useQuery(about);
  const go = async () => {
    await client.resetQueries({ queryKey: session.queryKey });
    router.history.push(`${router.basepath}${to ?? "/home"}`);
  };
  return (
    <Page title={data?.name ? t.entry.signInTo(data.name) : t.entry.signIn}>
      <div className="card stack">
        <SignInForm onDone={() => void go()} />
      </div>
      <div className="stack">
        {data && data.registration !== "closed" && (
          <p>
            {t.entry.noAccount}{" "}
            <Link to="/register" search={{}}>
              {t.entry.register}
            </Link>
          </p>
        )}
        <details>
          <summary>{t.entry.forgot}</summary>
          <p className="muted">{t.entry.forgotText}</p>
          <Link to="/reset-password" search={{}}>
            {t.entry.resetTitle}
          </Link>
        </details>
      </div>
    </Page>
  );
}
