/** One request: why was it refused, slow, or odd? First in a sentence, then step by step. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type Details, type Live, type MyRequest, myLive, request, type Whose } from "../../api/queries/usage";
import { Waterfall } from "../../charts/Waterfall";
import { type Messages, useI18n } from "../../i18n";
import { useNow } from "../../lib/clock";
import { Loaded } from "../../shell/Loaded";
import { useWho } from "../../shell/useWho";
import { CopyButton } from "../../ui/CopyButton";
import { Checkbox } from "../../ui/fields";
import { Card, Page } from "../../ui/Page";
import { whoseDoing } from "./blame";
import { courseOf, lengthOf } from "./course";
import { Facts, Used } from "./Facts";
import { Outcome } from "./Outcome";
import { plainText } from "./plainText";
import { sentencesOf } from "./sentence";

export function Request() {
  const { t, f } = useI18n();
  const { id } = useParams({ from: "/signed/requests/$id" });
  const isAdmin = useWho().role === "admin";
  const whose: Whose = isAdmin ? "all" : "mine";
  const details = useQuery(request(whose, id));
  const known = details.data?.request ?? null;
  const live = useQuery({ ...myLive, enabled: details.data !== undefined && known === null }).data?.items.find((each) => each.request_id === id);
  const found = details.data ?? null;
  return (
    <Page title={known ? `${t.requestPage.title} · ${f.at(known.ended_at)}` : t.requestPage.title} lead={<Back />} actions={found && <Copies of={found} id={id} isAdmin={isAdmin} />}>
      <Loaded of={details}>
        {(data) => {
          if (live !== undefined) return <OnItsWay of={live} />;
          return data === null ? <Unknown /> : <Known of={data} />;
        }}
      </Loaded>
    </Page>
  );
}

function Back() {
  const { t } = useI18n();
  const { whose } = useSearch({ from: "/signed/requests/$id" });
  return <Link to="/usage" search={{ whose }}>← {t.requestPage.back}</Link>;
}

function Unknown() {
  const { t } = useI18n();
  return (
    <Card title={t.requestPage.unknownTitle}>
      <p className="text">{t.requestPage.unknown}</p>
    </Card>
  );
}

function OnItsWay({ of }: { of: Live }) {
  const { t, f } = useI18n();
  const now = useNow();
  const stage = [t.traffic.stage[of.stage], of.stage === "waiting" && of.place ? t.traffic.turn(of.place) : null, of.attempt && of.attempt > 1 ? t.traffic.attempt(of.attempt) : null];
  return (
    <Card>
      <p className="lead" role="status">
        {t.requestPage.runningLead(f.list(stage.filter((part) => part !== null)), f.span(Math.max(0, Math.round((now - of.since) / 1000) * 1000)))}
      </p>
      <p className="muted">{[of.upstream, t.traffic.endpoint[of.endpoint], of.model].filter(Boolean).join(" · ")}</p>
    </Card>
  );
}

function Known({ of: details }: { of: Details }) {
  const { t, f } = useI18n();
  const known = details.request ?? null;
  return (
    <>
      <Card>
        {known === null ? (
          <p>{t.requestPage.notYet}</p>
        ) : (
          <>
            <p className="row">
              <Outcome of={known} />
              <Blame of={known} />
            </p>
            <p className="lead text">{f.sentences(sentencesOf(known, details, t, f))}</p>
          </>
        )}
      </Card>
      <Course of={details} />
      {known !== null && (
        <div className="grid">
          <Facts of={known} names={details} />
          <Used of={known} />
        </div>
      )}
    </>
  );
}

/** Of a 429 whose it is, in a word; of what else went wrong whose doing. */
export function blameText(known: MyRequest, t: Messages): string | null {
  if (known.status === 429) {
    const isRelay = known.limit_source === "relay" || (known.limit_source !== "upstream" && known.class === "limited");
    return `${t.requestPage.whose429}: ${isRelay ? t.requestPage.limitRelay : t.requestPage.limitUpstream}`;
  }
  const who = whoseDoing(known);
  return who === "nobody" ? null : `${t.requestPage.whose}: ${t.requestPage.who[who]}`;
}

function Blame({ of: known }: { of: MyRequest }) {
  const { t } = useI18n();
  const text = blameText(known, t);
  return text === null ? null : <strong>{text}</strong>;
}

function Course({ of: details }: { of: Details }) {
  const { t, f } = useI18n();
  const { scale, ...search } = useSearch({ from: "/signed/requests/$id" });
  const navigate = useNavigate({ from: "/requests/$id" });
  const rows = courseOf(details, t, f);
  const known = details.request ?? null;
  const isTraced = (details.trace?.steps.length ?? 0) > 0;
  const wasRough = known !== null && (known.attempts > 1 || known.queued_us > 0 || known.class !== "ok");
  return (
    <Card
      title={t.requestPage.course}
      actions={
        rows.length > 1 && (
          <Checkbox
            label={t.requestPage.log}
            checked={scale === "log"}
            onChange={(event) => void navigate({ search: { ...search, scale: event.currentTarget.checked ? "log" : undefined }, replace: true })}
          />
        )
      }
    >
      {!isTraced && <p className="muted">{wasRough ? t.requestPage.courseGone : t.requestPage.noCourse}</p>}
      {rows.length > 0 && <Waterfall label={t.requestPage.course} rows={rows} total={lengthOf(details, rows)} log={scale === "log"} />}
      {details.trace && details.trace.left_out > 0 && <p className="muted">{t.requestPage.leftOut(details.trace.left_out)}</p>}
    </Card>
  );
}

function Copies({ of, id, isAdmin }: { of: Details; id: string; isAdmin: boolean }) {
  const { t, f } = useI18n();
  return (
    <>
      <CopyButton label={t.requestPage.forAdmin} text={plainText(id, of, t, f)} />
      <CopyButton label={t.requestPage.command} text={`potluck trace ${id}${isAdmin ? "" : " --mine"}`} />
    </>
  );
}
