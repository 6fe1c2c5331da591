/** Waits for a new key's first request, and says when it has come. */
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { firstRequest } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";

export function FirstRequest({ id }: { id: number }) {
  const { t, f } = useI18n();
  const [since] = useState(serverNow);
  const first = useQuery(firstRequest(id, since)).data ?? null;
  return (
    <p role="status" className="row">
      <span aria-hidden="true">{first === null ? "◌" : "✓"}</span>
      {first === null
        ? t.lively.waiting
        : first.class === "ok"
          ? t.lively.first(f.at(first.ended_at), f.us(first.total_us))
          : t.lively.firstRefused(f.at(first.ended_at), t.traffic.class[first.class])}
    </p>
  );
}
