/** Whether there is a connection; without one nothing can be sent, and buttons say so. */
import { createContext, useContext } from "react";

/** Why nothing can be sent; `null`: it can. */
export const NoConnection = createContext<string | null>(null);

export function useNoConnection(): string | null {
  return useContext(NoConnection);
}
