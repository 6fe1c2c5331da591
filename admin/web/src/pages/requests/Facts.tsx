/** A request's line in the books: what it was, and what it used. Where each figure is from is said beside it. */
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Details, MyRequest } from "../../api/queries/usage";
import { useI18n } from "../../i18n";
import { CopyButton } from "../../ui/CopyButton";
import { Card } from "../../ui/Page";
import { Ago } from "../../ui/Time";

interface AdminsToo {
  user?: number | null;
  pool_key?: number | null;
  node?: string | null;
}

export function Facts({ of: known, names }: { of: MyRequest & AdminsToo; names: Details }) {
  const { t, f } = useI18n();
  const words = t.requestPage;
  const poolKey = known.pool_key ?? null;
  const poolKeyName = names.pool_keys.find((named) => named.pool_key === poolKey)?.name;
  const facts: [string, ReactNode][] = [
    [words.id, <span key="id" className="row"><code>{known.request_id}</code> <CopyButton size="small" text={known.request_id} /></span>],
    [words.began, <Ago key="at" at={known.ended_at - Math.round(known.total_us / 1000)} />],
    [words.endpoint, t.traffic.endpoint[known.endpoint]],
    [words.model, known.model ? <Link key="model" to="/usage" search={{ model: known.model }}>{known.model}</Link> : f.none],
    [words.upstream, known.upstream ?? f.none],
    [words.key, known.client_key ? (names.client_key_name ?? t.traffic.keyOf(known.client_key)) : f.none],
    ...(known.user ? ([[words.user, <Link key="user" to="/users/$id" params={{ id: String(known.user) }}>{names.user_name ?? t.supply.user(known.user)}</Link>]] as [string, ReactNode][]) : []),
    ...(poolKey !== null ? ([[words.poolKey, <Link key="pool" to="/pool" search={{ open: String(poolKey) }}>{poolKeyName || t.traffic.keyOf(poolKey)}</Link>]] as [string, ReactNode][]) : []),
    ...(known.node ? ([[words.node, known.node]] as [string, ReactNode][]) : []),
    [words.status, known.status === 0 ? f.none : `${known.status}${known.code ? ` ${known.code}` : ""}`],
    [words.total, f.us(known.total_us)],
    [words.firstByte, known.first_byte_us === null || known.first_byte_us === undefined ? f.none : f.us(known.first_byte_us)],
    [words.own, known.own_us === null || known.own_us === undefined ? f.none : f.us(known.own_us)],
  ];
  return (
    <Card title={words.facts}>
      <dl className="facts">
        {facts.map(([name, value]) => (
          <div key={name} className="fact">
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

const FIGURES = ["prompt_tokens", "cached_tokens", "completion_tokens", "images", "anlas", "cost_micros"] as const;

export function Used({ of: known }: { of: MyRequest }) {
  const { t, f } = useI18n();
  const words = t.requestPage;
  const there = FIGURES.filter((name) => known[name].amount !== null && known[name].amount !== undefined);
  const said = (name: (typeof FIGURES)[number]) => {
    const amount = known[name].amount ?? 0;
    const about = known[name].source === "estimated" ? "≈ " : "";
    return `${about}${name === "cost_micros" ? f.millionths(amount) : f.num(amount)}`;
  };
  return (
    <Card title={words.figures}>
      {there.length === 0 && <p className="muted">{words.none}</p>}
      <dl className="facts">
        {there.map((name) => (
          <div key={name} className="fact">
            <dt>{words.figure[name]}</dt>
            <dd>
              {said(name)} <span className="meta">{words.source[known[name].source]}</span>
            </dd>
          </div>
        ))}
        <div className="fact">
          <dt>{words.asked}</dt>
          <dd>{words.bytes(f.short(known.asked_bytes))}</dd>
        </div>
        <div className="fact">
          <dt>{words.answeredBytes}</dt>
          <dd>{words.bytes(f.short(known.answered_bytes))}</dd>
        </div>
      </dl>
    </Card>
  );
}
