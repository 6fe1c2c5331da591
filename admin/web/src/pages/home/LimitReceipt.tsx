/** How a user's limit came about, line by line. */
import type { LimitLine, UserLimit } from "../../api/types";
import { type Messages, useI18n } from "../../i18n";
import { Receipt, type ReceiptLine } from "../../ui/Receipt";

function lineOf(line: LimitLine, t: Messages): ReceiptLine {
  const amount = line.amount < 0 ? `−${-line.amount}` : `+${line.amount}`;
  switch (line.kind) {
    case "base":
      return { key: "base", text: t.home.forEveryone, why: null, amount };
    case "over_max":
      return { key: "over", text: t.home.overMax, why: null, amount };
    case "pool_key": {
      const name = line.label === "" ? t.home.keyWithoutName(line.id) : line.label;
      const why = line.not_counted ? t.home.notCountedWhy[line.not_counted] : null;
      return { key: `key ${line.id}`, text: `${name} · ${t.home.tier[line.tier]} ×${line.weight}`, why, amount };
    }
  }
}

export function LimitReceipt({ limit }: { limit: UserLimit }) {
  const { t, f } = useI18n();
  const total = limit.limit.rate_limit;
  const said = total === null || total === undefined ? (limit.limit.barred ? "0" : t.common.unlimited) : f.num(total);
  if (limit.rule.mode === "manual") {
    const whose = limit.is_common_rule ? t.home.receiptCommon : t.home.receiptManual;
    const lines: ReceiptLine[] = [{ key: "manual", text: whose, why: null, amount: said }];
    return (
      <>
        <Receipt lines={lines} total={said} totalText={t.home.total} />
        {!limit.is_common_rule && <p className="meta">{t.home.receiptAutomatic(limit.automatic)}</p>}
      </>
    );
  }
  return <Receipt lines={limit.lines.map((line) => lineOf(line, t))} total={said} totalText={t.home.total} />;
}
