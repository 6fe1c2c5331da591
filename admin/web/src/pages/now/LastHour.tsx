/** How requests fared in the last hour, as symptoms beside the causes above. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { hasCode } from "../../api/errors";
import { usage } from "../../api/queries/usage";
import { SeriesPlot } from "../../charts/SeriesPlot";
import { useI18n } from "../../i18n";
import { serverNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { Card } from "../../ui/Page";
import { MarkList } from "../usage/MarkList";
import { plotOf } from "../usage/OverTime";
import { useMarks } from "../usage/useMarks";

const HOUR = { range: "1h" };

export function LastHour() {
  const { t, f } = useI18n();
  const navigate = useNavigate();
  const sums = useQuery(usage("all", HOUR, {}, "1m"));
  const marks = useMarks(HOUR, true);
  // Where no books are kept, nothing is known; the rest of the page does not need them.
  if (hasCode(sums.error, "no_books")) return null;
  const look = (from: number, to: number) => void navigate({ to: "/usage", search: { whose: "all", from: String(from), to: String(to) } });
  return (
    <Card title={t.nowPage.hour} actions={<Link to="/usage" search={{ whose: "all", range: "1h" }}>{t.shell.usage}</Link>}>
      <Loaded of={sums} lines={2}>
        {(of) => (
          <>
            <SeriesPlot title={t.nowPage.hour} plot={plotOf(of, "requests", t, serverNow())} kind="bars" format={f.short} marks={marks.on} onRange={look} />
            <MarkList of={marks} from={of.total.from} />
          </>
        )}
      </Loaded>
    </Card>
  );
}
