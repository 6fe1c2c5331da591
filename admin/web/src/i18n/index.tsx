/** Words and formats of the chosen language, for all components. */
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { formats, type Formats } from "../lib/format";
import { chosen, type Language } from "./language";
import type { Messages } from "./messages";

export type { Messages } from "./messages";

const LOAD: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import("./en"),
  zh: () => import("./zh"),
  vi: () => import("./vi"),
};

interface I18n {
  language: Language;
  t: Messages;
  f: Formats;
  choose: (language: Language) => void;
}

const Context = createContext<I18n | null>(null);

export function useI18n(): I18n {
  const found = useContext(Context);
  if (!found) throw new Error("no language around");
  return found;
}

/** Loads the chosen language; until it is there the page's first paint stays. */
export function I18nProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(chosen);
  const [loaded, setLoaded] = useState<{ language: Language; t: Messages } | null>(null);
  useEffect(() => {
    let wanted = true;
    void LOAD[language]().then((module) => {
      if (wanted) setLoaded({ language, t: module.default });
    });
    return () => {
      wanted = false;
    };
  }, [language]);
  const value = useMemo<I18n | null>(() => {
    if (!loaded) return null;
    const choose = (next: Language) => {
      localStorage.setItem("potluck.language", next);
      setLanguage(next);
    };
    return { ...loaded, f: formats(loaded.language), choose };
  }, [loaded]);
  useEffect(() => {
    if (loaded) document.documentElement.lang = loaded.language;
  }, [loaded]);
  return value && <Context value={value}>{children}</Context>;
}
