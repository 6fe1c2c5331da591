/** Setting up a second factor, and taking it away. Secrets live in this component and go with it. */
import { type ReactNode, useState } from "react";
import { api, ok } from "../../api/client";
import { useSend } from "../../forms/useSend";
import { useI18n } from "../../i18n";
import { Button } from "../../ui/Button";
import { Cancel } from "../../ui/Cancel";
import { Dialog } from "../../ui/Dialog";
import { PasswordInput, TextInput } from "../../ui/fields";
import { Card } from "../../ui/Page";
import { QrCode } from "../../ui/QrCode";
import { SecretOnce } from "../../ui/SecretOnce";
import { FormError } from "../../ui/states";
import { useToast } from "../../ui/Toasts";

const TOUCHES = [["user"], ["session"]];

type Step =
  | { at: "rest" }
  | { at: "begin" }
  | { at: "confirm"; secret: string; url: string }
  | { at: "recovery"; codes: string[] }
  | { at: "disable" };

export function SecondFactor({ isOn }: { isOn: boolean }) {
  const { t } = useI18n();
  const [step, setStep] = useState<Step>({ at: "rest" });
  const close = () => {
    setStep({ at: "rest" });
  };
  return (
    <Card title={t.account.totpTitle}>
      <p className="muted">{isOn ? t.account.totpOn : t.account.totpOff}</p>
      <div className="row">
        {isOn ? (
          <Button kind="danger" onClick={() => { setStep({ at: "disable" }); }}>
            {t.account.totpDisable}
          </Button>
        ) : (
          <Button onClick={() => { setStep({ at: "begin" }); }}>{t.account.totpBegin}</Button>
        )}
      </div>
      {step.at === "begin" && <Begin onClose={close} onBegun={setStep} />}
      {step.at === "confirm" && <ConfirmCode secret={step.secret} url={step.url} onClose={close} onConfirmed={setStep} />}
      {step.at === "recovery" && (
        <SecretOnce
          title={t.account.recoveryTitle}
          label={t.account.recoveryTitle}
          explained={t.account.recovery}
          text={step.codes.join("\n")}
          onDone={close}
        />
      )}
      {step.at === "disable" && <Disable onClose={close} />}
    </Card>
  );
}

interface AskProps {
  title: string;
  action: string;
  danger?: boolean;
  busy: boolean;
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

function Ask({ title, action, danger = false, busy, onSend, onClose, children }: AskProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) onSend();
        }}
      >
        {children}
        <div className="row row-end">
          <Cancel onClose={onClose} />
          <Button kind={danger ? "danger" : "primary"} type="submit" busy={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Begin({ onClose, onBegun }: { onClose: () => void; onBegun: (step: Step) => void }) {
  const { t } = useI18n();
  const [password, setPassword] = useState("");
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/me/totp", { body: { password } })),
    onDone: ({ secret, url }) => {
      onBegun({ at: "confirm", secret: secret ?? "", url: url ?? "" });
    },
  });
  return (
    <Ask title={t.account.totpTitle} action={t.account.totpBegin} busy={busy} onSend={send} onClose={onClose}>
      <PasswordInput label={t.account.current} autoComplete="current-password" required data-autofocus value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
      <FormError failure={failure} />
    </Ask>
  );
}

interface ConfirmProps {
  secret: string;
  url: string;
  onClose: () => void;
  onConfirmed: (step: Step) => void;
}

function ConfirmCode({ secret, url, onClose, onConfirmed }: ConfirmProps) {
  const { t } = useI18n();
  const [code, setCode] = useState("");
  const { send, busy, failure } = useSend({
    send: () => ok(api.POST("/manage/v1/me/totp/confirm", { body: { code: code.trim() } })),
    touches: TOUCHES,
    onDone: ({ recovery_codes }) => {
      onConfirmed({ at: "recovery", codes: recovery_codes });
    },
  });
  return (
    <Ask title={t.account.totpTitle} action={t.account.totpConfirm} busy={busy} onSend={send} onClose={onClose}>
      <p>{t.account.totpScan}</p>
      <QrCode text={url} label={t.account.totpQr} />
      <input className="secret" readOnly value={secret} aria-label={t.account.totpSecret} onFocus={(event) => { event.currentTarget.select(); }} />
      <a href={url}>{t.account.totpLink}</a>
      <TextInput label={t.entry.code} autoComplete="one-time-code" inputMode="numeric" required data-autofocus value={code} onChange={(event) => { setCode(event.currentTarget.value); }} />
      <FormError failure={failure} />
    </Ask>
  );
}

function Disable({ onClose }: { onClose: () => void }) {
  const { t } = useI18n();
  const say = useToast();
  const [password, setPassword] = useState("");
  const [code, setCode] = useState("");
  const { send, busy, failure } = useSend({
    send: () => ok(api.DELETE("/manage/v1/me/totp", { body: { password, code: code.trim() || null } })),
    touches: TOUCHES,
    onDone: () => {
      say(t.account.totpGone);
      onClose();
    },
  });
  return (
    <Ask title={t.account.totpDisable} action={t.account.totpDisable} danger busy={busy} onSend={send} onClose={onClose}>
      <PasswordInput label={t.account.current} autoComplete="current-password" required data-autofocus value={password} onChange={(event) => { setPassword(event.currentTarget.value); }} />
      <TextInput label={t.entry.code} description={t.entry.codeHelp} autoComplete="one-time-code" required value={code} onChange={(event) => { setCode(event.currentTarget.value); }} />
      <FormError failure={failure} />
    </Ask>
  );
}
