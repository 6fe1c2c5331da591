/** Keys that lead somewhere: g and a letter, and ? for the list of them. Off while somebody types, and under a dialog. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { MINE, type Place, POOL, SYSTEM } from "./nav";

const LETTERS: Partial<Record<string, string>> = { home: "h", keys: "k", contribute: "c", usage: "u", playground: "y", now: "n", poolKeys: "p" };
/** Milliseconds in which the letter must come after the g. */
const SOON = 1500;

export function Shortcuts({ isAdmin }: { isAdmin: boolean }) {
  const [opened, setOpened] = useState(false);
  const navigate = useNavigate();
  const began = useRef(0);
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      const isTyping = target.closest("input, textarea, select, [role=dialog], [role=menu]") !== null;
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping) return;
      if (event.key === "?") setOpened(true);
      if (event.key === "/") toFilter(event);
      const place = event.timeStamp - began.current < SOON ? placesOf(isAdmin).find((each) => LETTERS[each.word] === event.key) : undefined;
      began.current = event.key === "g" ? event.timeStamp : 0;
      if (place) void navigate({ to: place.to, params: place.params });
    };
    document.addEventListener("keydown", pressed);
    return () => {
      document.removeEventListener("keydown", pressed);
    };
  }, [isAdmin, navigate]);
  return opened ? <List isAdmin={isAdmin} onClose={() => { setOpened(false); }} /> : null;
}

/** To the page's first filter, if it has one. */
function toFilter(event: KeyboardEvent): void {
  const filter = document.querySelector<HTMLElement>("search input, search select");
  if (filter) event.preventDefault();
  filter?.focus();
}

function placesOf(isAdmin: boolean): Place[] {
  return [...MINE, ...(isAdmin ? [...POOL, ...SYSTEM] : [])].filter((place) => LETTERS[place.word] !== undefined);
}

function List({ isAdmin, onClose }: { isAdmin: boolean; onClose: () => void }) {
  const { t } = useI18n();
  const keys = [
    ...placesOf(isAdmin).map((place) => [`g ${LETTERS[place.word] ?? ""}`, t.shell[place.word]]),
    ["Ctrl K", t.shell.palette],
    ["/", t.palette.slash],
    ["?", t.shell.shortcuts],
    ["Esc", t.common.close],
    ...(isAdmin ? [["j k", t.shell.shortcutRows], ["x", t.shell.shortcutSelect]] : []),
  ];
  return (
    <Dialog title={t.shell.shortcuts} onClose={onClose}>
      <dl className="facts">
        {keys.flatMap(([key, what]) => [
          <dt key={key}>
            <kbd>{key}</kbd>
          </dt>,
          <dd key={`${key} `}>{what}</dd>,
        ])}
      </dl>
    </Dialog>
  );
}
