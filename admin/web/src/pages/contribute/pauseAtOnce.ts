/** A pool key that is paused or resumed, as it looks before the server has answered. */
import type { Hold } from "../../api/types";
import type { AtOnce } from "../../forms/atOnce";
import { serverNow } from "../../lib/clock";

export function pauseAtOnce(id: number, by: Hold["by"], reason: string | null = null): AtOnce<"active" | "paused"> {
  return {
    kind: "pool_key",
    is: (thing) => thing.id === id && Array.isArray(thing.holds),
    fields: (state, thing) => {
      const others = (thing.holds as Hold[]).filter((hold) => hold.kind !== "paused");
      return { holds: state === "active" ? others : [{ kind: "paused", by, reason, since: serverNow() } satisfies Hold, ...others] };
    },
  };
}
