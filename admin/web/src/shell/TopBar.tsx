/** Language, theme, who one is, and whether what is shown is live. */
import { IconLanguage, IconMoon, IconSearch, IconSun, IconUserCircle } from "@tabler/icons-react";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok } from "../api/client";
import { session } from "../api/queries/mine";
import { forgetSession } from "../api/session";
import { useAct } from "../forms/useSend";
import { useI18n } from "../i18n";
import { LANGUAGE_NAMES, LANGUAGES } from "../i18n/language";
import { IconButton } from "../ui/Button";
import { Menu } from "../ui/Menu";
import { THEMES, useTheme } from "../ui/useTheme";
import { Palette } from "./Palette";
import { Brand } from "./Shell";

export function LanguageMenu() {
  const { t, language, choose } = useI18n();
  const items = LANGUAGES.map((each) => ({
    label: LANGUAGE_NAMES[each],
    current: each === language,
    onClick: () => {
      choose(each);
    },
  }));
  const target = (
    <IconButton label={t.shell.language}>
      <IconLanguage size={20} aria-hidden />
    </IconButton>
  );
  return <Menu items={items} target={target} />;
}

export function ThemeMenu() {
  const { t } = useI18n();
  const { theme, isDark, choose } = useTheme();
  const words = { light: t.shell.themeLight, dark: t.shell.themeDark, auto: t.shell.themeAuto };
  const items = THEMES.map((each) => ({
    label: words[each],
    current: each === theme,
    onClick: () => {
      choose(each);
    },
  }));
  const target = (
    <IconButton label={t.shell.theme}>
      {isDark ? <IconMoon size={20} aria-hidden /> : <IconSun size={20} aria-hidden />}
    </IconButton>
  );
  return <Menu items={items} target={target} />;
}

export function useSignOut() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useAct({
    send: () => ok(api.DELETE("/manage/v1/session")),
    onDone: () => {
      forgetSession();
      client.clear();
      client.setQueryData(session.queryKey, null);
      void navigate({ to: "/sign-in", search: {} });
    },
  });
}

export function TopBar({ name, live, isAdmin }: { name: string; live: boolean; isAdmin: boolean }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const signOut = useSignOut();
  const [searching, setSearching] = useState(false);
  return (
    <section className="top" aria-label={t.common.actions}>
      <Brand />
      <span className="connection" title={live ? t.shell.liveText : undefined}>
        <span aria-hidden="true">{live ? "●" : "○"}</span>
        {live ? t.shell.live : t.shell.stale}
      </span>
      <IconButton label={`${t.shell.palette} (Ctrl K)`} onClick={() => { setSearching(true); }}>
        <IconSearch size={20} aria-hidden />
      </IconButton>
      <LanguageMenu />
      <ThemeMenu />
      <Menu
        target={
          <IconButton label={t.shell.accountOf(name)}>
            <IconUserCircle size={20} aria-hidden />
          </IconButton>
        }
        items={[
          { label: name, onClick: () => void navigate({ to: "/account/$tab", params: { tab: "security" } }) },
          null,
          { label: t.shell.signOut, onClick: () => { signOut.act(); } },
        ]}
      />
      <Palette opened={searching} onOpen={setSearching} isAdmin={isAdmin} />
    </section>
  );
}
