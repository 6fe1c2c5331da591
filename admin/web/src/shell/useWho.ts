/** Who is signed in. Only within pages for those who are. */
import { useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { session } from "../api/queries/mine";
import type { WhoAmI } from "../api/types";

const NOBODY: WhoAmI = { user: 0, name: "", role: "user", has_totp: false };

export function useWho(): WhoAmI {
  const now = useSuspenseQuery(session).data;
  // While the session is over its dialog stands over the page, which must not fall apart below.
  const [last, setLast] = useState(now);
  if (now !== null && now !== last) setLast(now);
  return now ?? last ?? NOBODY;
}
