/** What was done, said for a moment; with a way back where there is one. */
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useRef, useState } from "react";
import { useI18n } from "../i18n";

interface Toast {
  id: number;
  text: string;
  /** What can be done about it: to go back on it, unless it has another name. */
  act?: () => void;
  label?: string;
}

type Say = (text: string, act?: () => void, label?: string) => void;

const Context = createContext<Say>(() => undefined);

export function useToast(): Say {
  return useContext(Context);
}

/** How long one stays, and how long one can go back. */
const STAYS = 8000;

export function Toasts({ children }: { children: ReactNode }) {
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);
  const drop = useCallback((id: number) => {
    setToasts((all) => all.filter((toast) => toast.id !== id));
  }, []);
  const say = useCallback<Say>(
    (text, act, label) => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-2), { id, text, act, label }]);
    },
    [],
  );
  const value = useMemo(() => say, [say]);
  return (
    <Context value={value}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <One key={toast.id} of={toast} onOver={() => { drop(toast.id); }} />
        ))}
      </div>
    </Context>
  );
}

/** It stays as long as somebody points at it or is about to press its button. */
function One({ of: toast, onOver }: { of: Toast; onOver: () => void }) {
  const { t } = useI18n();
  const [held, setHeld] = useState(false);
  const over = useRef(onOver);
  useEffect(() => {
    over.current = onOver;
  });
  useEffect(() => {
    if (held) return;
    const timer = setTimeout(() => { over.current(); }, STAYS);
    return () => { clearTimeout(timer); };
  }, [held]);
  const hold = () => { setHeld(true); };
  const letGo = () => { setHeld(false); };
  return (
    <div className="toast" onPointerEnter={hold} onPointerLeave={letGo} onFocus={hold} onBlur={letGo}>
      <span>{toast.text}</span>
      {toast.act && (
        <button
          type="button"
          onClick={() => {
            toast.act?.();
            onOver();
          }}
        >
          {toast.label ?? t.common.undo}
        </button>
      )}
    </div>
  );
}
