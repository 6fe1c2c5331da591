/** What keeps somebody from leaving the page while a dialog has changes; the shell, which knows of pages, says what. */
import { createContext, type ReactNode } from "react";

export const Guard = createContext<(dirty: boolean) => ReactNode>(() => null);
