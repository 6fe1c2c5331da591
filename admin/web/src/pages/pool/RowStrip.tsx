/** The last day of a key in its row. It is asked for when the row has stayed a while: most rows are only scrolled past. */
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { poolStrip } from "../../api/queries/strips";
import { useI18n } from "../../i18n";
import { Strip } from "../../ui/Strip";
import { columnsOf } from "./Fared";
import { stateWord } from "./states";

/** Milliseconds. */
const STAYED = 250;

export function RowStrip({ id }: { id: number }) {
  const [stays, setStays] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => { setStays(true); }, STAYED);
    return () => { clearTimeout(timer); };
  }, []);
  return <div className="pool-strip">{stays && <Asked id={id} />}</div>;
}

function Asked({ id }: { id: number }) {
  const { t, f } = useI18n();
  const part = useQuery(poolStrip(id)).data;
  if (!part) return null;
  const healthy = part.healthy === null || part.healthy === undefined ? null : f.share(part.healthy);
  return <Strip columns={columnsOf(part)} label={`${t.supply.last}: ${t.supply.strip(stateWord(part.state, t), healthy)}`} />;
}
