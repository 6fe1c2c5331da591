/** Ctrl K: type where to go. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useI18n } from "../i18n";
import { Dialog } from "../ui/Dialog";
import { TextInput } from "../ui/fields";
import { MINE, type Place, POOL, SYSTEM } from "./nav";

interface Props {
  opened: boolean;
  onOpen: (opened: boolean) => void;
  isAdmin: boolean;
}

export function Palette({ opened, onOpen, isAdmin }: Props) {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      onOpen(true);
    };
    document.addEventListener("keydown", pressed);
    return () => {
      document.removeEventListener("keydown", pressed);
    };
  }, [onOpen]);
  return opened ? <Places onClose={() => { onOpen(false); }} isAdmin={isAdmin} /> : null;
}

function Places({ onClose, isAdmin }: { onClose: () => void; isAdmin: boolean }) {
  const { t } = useI18n();
  const navigate = useNavigate();
  const [typed, setTyped] = useState("");
  const all = isAdmin ? [...MINE, ...POOL, ...SYSTEM] : MINE;
  const found = all.filter((place) => t.shell[place.word].toLowerCase().includes(typed.trim().toLowerCase()));
  const go = (place: Place) => {
    onClose();
    void navigate({ to: place.to, params: place.params });
  };
  return (
    <Dialog title={t.shell.palette} onClose={onClose}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const [best] = found;
          if (best) go(best);
        }}
      >
        <TextInput
          aria-label={t.shell.paletteHint}
          placeholder={t.shell.paletteHint}
          value={typed}
          data-autofocus
          autoComplete="off"
          onChange={(event) => {
            setTyped(event.currentTarget.value);
          }}
        />
        <ul className="plain-list">
          {found.map((place) => (
            <li key={place.word}>
              <button type="button" className="button" data-kind="quiet" onClick={() => { go(place); }}>
                <place.icon size={18} aria-hidden />
                {t.shell[place.word]}
              </button>
            </li>
          ))}
        </ul>
      </form>
    </Dialog>
  );
}
