/** Theme and toasts around the whole page. */
import { MantineProvider } from "@mantine/core";
import { setNonce } from "get-nonce";
import type { ReactNode } from "react";
import { resolver, theme } from "../theme/theme";
import { Toasts } from "./Toasts";
import "./mantine.css";
import "./base.css";
import "./parts.css";

// The page's policy lets in styles that carry this answer's nonce; browsers hide it from all but scripts.
const nonce = document.querySelector<HTMLScriptElement>("script[nonce]")?.nonce ?? "";
setNonce(nonce);

const kept = {
  get: (fallback: "light" | "dark" | "auto") => {
    const theme = localStorage.getItem("potluck.theme");
    return theme === "light" || theme === "dark" ? theme : fallback;
  },
  set: (value: string) => {
    localStorage.setItem("potluck.theme", value);
  },
  subscribe: () => undefined,
  unsubscribe: () => undefined,
  clear: () => {
    localStorage.removeItem("potluck.theme");
  },
};

export function UiProvider({ children }: { children: ReactNode }) {
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={resolver}
      defaultColorScheme="auto"
      colorSchemeManager={kept}
      getStyleNonce={() => nonce}
    >
      <Toasts>{children}</Toasts>
    </MantineProvider>
  );
}
