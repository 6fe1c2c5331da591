/** Ctrl K: type where to go. A request's id that is pasted anywhere outside a field leads to the request. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent as KeyPress, useEffect, useRef, useState } from "react";
import { myKeys } from "../api/queries/mine";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { TextInput } from "../ui/fields";
import { MINE, POOL, SYSTEM } from "./nav";
import { requestIdIn } from "./requestId";

interface Props {
  opened: boolean;
  onOpen: (opened: boolean) => void;
  isAdmin: boolean;
}

/** Whether somebody is typing there. */
export function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]") !== null;
}

export function Palette({ opened, onOpen, isAdmin }: Props) {
  const navigate = useNavigate();
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpen(true);
    };
    const pasted = (event: ClipboardEvent) => {
      const id = isField(event.target) ? null : requestIdIn(event.clipboardData?.getData("text") ?? "");
      if (id !== null) void navigate({ to: "/requests/$id", params: { id } });
    };
    document.addEventListener("keydown", pressed);
    document.addEventListener("paste", pasted);
    return () => {
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("paste", pasted);
    };
  }, [onOpen, navigate]);
  return opened ? <Places onClose={() => { onOpen(false); }} isAdmin={isAdmin} /> : null;
}

interface Entry {
  key: string;
  label: string;
  go: () => void;
}

/** Where what was typed may lead, the likeliest first. */
function useEntries(typed: string, isAdmin: boolean): Entry[] {
  const { t } = useI18n();
  const navigate = useNavigate();
  const keys = useQuery(myKeys).data?.items ?? [];
  const text = typed.trim();
  const id = requestIdIn(text);
  if (id !== null) return [{ key: "request", label: t.palette.request(id), go: () => void navigate({ to: "/requests/$id", params: { id } }) }];
  const pages: Entry[] = (isAdmin ? [...MINE, ...POOL, ...SYSTEM] : MINE).map((place) => ({
    key: place.word,
    label: t.shell[place.word],
    go: () => void navigate({ to: place.to, params: place.params }),
  }));
  const acts: Entry[] = [
    { key: "create", label: t.keys.create, go: () => void navigate({ to: "/keys", search: { create: "yes" } }) },
    { key: "bring", label: t.contribute.add, go: () => void navigate({ to: "/contribute/new" }) },
  ];
  const mine: Entry[] = keys
    .filter((key) => key.state !== "revoked")
    .map((key) => ({ key: `key ${key.id}`, label: t.palette.key(key.name), go: () => void navigate({ to: "/keys/$id", params: { id: String(key.id) } }) }));
  const search: Entry[] =
    isAdmin && text !== ""
      ? [
          { key: "pool q", label: t.palette.searchPool(text), go: () => void navigate({ to: "/pool", search: { q: text } }) },
          { key: "users q", label: t.palette.searchUsers(text), go: () => void navigate({ to: "/users", search: { q: text } }) },
        ]
      : [];
  const fits = (entry: Entry) => entry.label.toLowerCase().includes(text.toLowerCase());
  // Keys are many: they show once something was typed.
  return [...[...pages, ...acts, ...(text === "" ? [] : mine)].filter(fits), ...search];
}

function Places({ onClose, isAdmin }: { onClose: () => void; isAdmin: boolean }) {
  const { t } = useI18n();
  const [typed, setTyped] = useState("");
  const list = useRef<HTMLUListElement>(null);
  const found = useEntries(typed, isAdmin);
  const go = (entry: Entry) => {
    onClose();
    entry.go();
  };
  const moved = (event: KeyPress) => {
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll("button") ?? [])];
    const at = buttons.findIndex((button) => button === document.activeElement);
    buttons[Math.max(0, Math.min(buttons.length - 1, at + (event.key === "ArrowDown" ? 1 : -1)))]?.focus();
  };
  return (
    <Dialog guarded={false} title={t.shell.palette} onClose={onClose}>
      <form
        className="stack"
        onKeyDown={moved}
        onSubmit={(event) => {
          event.preventDefault();
          const [best] = found;
          if (best) go(best);
        }}
      >
        <TextInput
          aria-label={t.palette.hint}
          placeholder={t.palette.hint}
          value={typed}
          data-autofocus
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        {found.length === 0 && <p className="muted">{t.palette.nothing}</p>}
        <ul ref={list} className="plain-list">
          {found.map((entry) => (
            <li key={entry.key}>
              <button type="button" className="button" data-kind="quiet" onClick={() => { go(entry); }}>
                {entry.label}
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Dialog>
  );
}
