/** Where one is signed in. */
import { useQuery } from "@tanstack/react-query";
import { api, ok } from "../../api/client";
import { mySessions } from "../../api/queries/mine";
import type { Session } from "../../api/types";
import { useAct } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { agentName } from "../../lib/agent";
import { Loaded } from "../../shell/Loaded";
import { useSignOut } from "../../shell/TopBar";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Page";
import { Ago } from "../../ui/Time";
import { useToast } from "../../ui/Toasts";

export function Sessions() {
  const { t } = useI18n();
  const sessions = useQuery(mySessions);
  const signOut = useSignOut();
  const endAll = useAct({
    send: () => ok(api.DELETE("/manage/v1/me/sessions")),
    onDone: () => {
      signOut.act();
    },
  });
  return (
    <Card
      title={t.account.sessionsText}
      actions={
        <Button kind="danger" busy={endAll.busy} onClick={() => { endAll.act(); }}>
          {t.account.sessionEndAll}
        </Button>
      }
    >
      <p className="meta">{t.account.sessionEndAllText}</p>
      <Loaded of={sessions}>
        {({ items }) => (
          <ul className="plain-list items">
            {items.map((session) => (
              <Row key={session.id} of={session} />
            ))}
          </ul>
        )}
      </Loaded>
    </Card>
  );
}

function Row({ of: session }: { of: Session }) {
  const { t } = useI18n();
  const say = useToast();
  const end = useAct({
    send: () => ok(api.DELETE("/manage/v1/me/sessions/{id}", { params: { path: { id: session.id } } })),
    touches: [["session", "all"]],
    onDone: () => {
      say(t.account.sessionEnded);
    },
  });
  return (
    <li className="row spread">
      <div className="stack-s grow">
        <span className="row">
          <span title={session.agent ?? undefined}>{session.agent ? agentName(session.agent) : t.account.agentUnknown}</span>
          {session.current && <Badge tone="ok" glyph="✓">{t.account.sessionCurrent}</Badge>}
        </span>
        <span className="meta">
          {session.address ?? "–"} · <Ago at={session.used_at} />
        </span>
      </div>
      {!session.current && (
        <Button size="small" busy={end.busy} onClick={() => { end.act(); }}>
          {t.account.sessionEnd}
        </Button>
      )}
    </li>
  );
}
