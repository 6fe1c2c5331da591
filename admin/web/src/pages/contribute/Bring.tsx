/** Bringing one key or many: rules before sending, what one risks, then what became of each line. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, ok, once } from "../../api/client";
import { myUpstreams } from "../../api/queries/mine";
import type { components } from "../../api/generated/schema";
import { CredentialFields, useCredentials } from "../../forms/Credentials";
import { Leaving } from "../../forms/Leaving";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Loaded } from "../../shell/Loaded";
import { Button } from "../../ui/Button";
import { TextInput } from "../../ui/fields";
import { Page } from "../../ui/Page";
import { Empty, FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";
import { capsBody, CapsFields, capsForm } from "./CapsFields";
import { Risk } from "./Risk";

type MyUpstream = components["schemas"]["MyUpstream"];

export function Bring() {
  const { t } = useI18n();
  const upstreams = useQuery(myUpstreams);
  return (
    <Page title={t.contribute.addTitle} lead={<Link to="/contribute" search={{}}>← {t.contribute.title}</Link>}>
      <Loaded of={upstreams}>
        {({ items }) => (items.length === 0 ? <Empty text={t.contribute.noUpstream} /> : <Form upstreams={items} />)}
      </Loaded>
    </Page>
  );
}

function Form({ upstreams }: { upstreams: MyUpstream[] }) {
  const { t } = useI18n();
  const say = useToast();
  const navigate = useNavigate();
  const credentials = useCredentials(upstreams, (each) => each.logins);
  const [label, setLabel] = useState("");
  const [caps, setCaps] = useState(() => capsForm(null));
  const [accepted, setAccepted] = useState(false);
  const [tried, setTried] = useState(false);
  const { upstream, forget } = credentials;
  const isNovelai = upstream?.kind === "novelai";
  const terms = {
    upstream: credentials.typed.upstream,
    label: label.trim(),
    accepted_risk: accepted,
    caps: { ...capsBody(caps), free_only: isNovelai && caps.freeOnly },
  };
  const touches = [["pool_key"], ["limits"]];
  const one = useSend({
    send: () =>
      ok(api.POST("/manage/v1/me/pool-keys", { body: { ...terms, ...credentials.login }, params: { header: once() } })),
    touches,
    onDone: ({ id }) => {
      forget();
      say(t.contribute.added);
      void navigate({ to: "/contribute/$id", params: { id: String(id) }, ignoreBlocker: true });
    },
  });
  const many = useSend({
    send: () =>
      ok(api.POST("/manage/v1/me/pool-keys/import", { body: { ...terms, lines: credentials.lines }, params: { header: once() } })),
    touches,
    onDone: ({ id }) => {
      forget();
      void navigate({ to: "/contribute/jobs/$id", params: { id: String(id) }, ignoreBlocker: true });
    },
  });
  const sending = credentials.isLogin ? one : many;
  return (
    <form
      className="card stack-l"
      autoComplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        setTried(true);
        if (accepted && !sending.busy) sending.send();
      }}
    >
      <div className="stack">
        <CredentialFields of={credentials} />
        <TextInput label={t.contribute.label} description={t.contribute.labelHelp} maxLength={100} value={label} onChange={(event) => { setLabel(event.currentTarget.value); }} />
      </div>
      <CapsFields form={caps} onChange={setCaps} anlas={isNovelai} />
      <Risk accepted={accepted} onAccept={setAccepted} missing={tried} />
      <FormError failure={sending.failure} />
      <Leaving dirty={!credentials.isEmpty} />
      <div className="row row-end">
        <Button kind="primary" type="submit" busy={sending.busy}>
          {t.contribute.bring}
        </Button>
      </div>
    </form>
  );
}
