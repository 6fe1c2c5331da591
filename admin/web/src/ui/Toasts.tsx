/** What was done, said for a moment; with a way back where there is one. */
import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from "react";
import { useI18n } from "../i18n";

interface Toast {
  id: number;
  text: string;
  undo?: () => void;
}

type Say = (text: string, undo?: () => void) => void;

const Context = createContext<Say>(() => undefined);

export function useToast(): Say {
  return useContext(Context);
}

/** How long one stays, and how long one can go back. */
const STAYS = 8000;

export function Toasts({ children }: { children: ReactNode }) {
  const { t } = useI18n();
  const [toasts, setToasts] = useState<Toast[]>([]);
  const next = useRef(0);
  const drop = useCallback((id: number) => {
    setToasts((all) => all.filter((toast) => toast.id !== id));
  }, []);
  const say = useCallback<Say>(
    (text, undo) => {
      const id = next.current++;
      setToasts((all) => [...all.slice(-2), undo ? { id, text, undo } : { id, text }]);
      setTimeout(() => {
        drop(id);
      }, STAYS);
    },
    [drop],
  );
  const value = useMemo(() => say, [say]);
  return (
    <Context value={value}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map((toast) => (
          <div key={toast.id} className="toast">
            <span>{toast.text}</span>
            {toast.undo && (
              <button
                type="button"
                onClick={() => {
                  toast.undo?.();
                  drop(toast.id);
                }}
              >
                {t.common.undo}
              </button>
            )}
          </div>
        ))}
      </div>
    </Context>
  );
}
