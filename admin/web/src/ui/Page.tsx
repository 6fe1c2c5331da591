/** A page: one heading, to which focus goes after navigation, and one sentence that answers. */
import { type ReactNode, useEffect, useRef } from "react";
import { useI18n } from "../i18n";

interface Props {
  title: string;
  /** What the browser's tab says instead. */
  tab?: string;
  lead?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}

let first = true;

export function Page({ title, tab = title, lead, actions, children }: Props) {
  const { t } = useI18n();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${tab} · ${t.shell.product}`;
  }, [tab, t]);
  useEffect(() => {
    // What the browser focused when it came here stays.
    if (first) first = false;
    else heading.current?.focus();
  }, []);
  return (
    <div className="stack-l">
      <header className="head">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {actions !== undefined && <div className="row">{actions}</div>}
        {lead !== undefined && <div className="lead text">{lead}</div>}
      </header>
      {children}
    </div>
  );
}

export function Card({ title, actions, children }: { title?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="card stack" aria-label={title}>
      {(title !== undefined || actions !== undefined) && (
        <div className="row spread">
          {title !== undefined && <h2>{title}</h2>}
          {actions !== undefined && <div className="row">{actions}</div>}
        </div>
      )}
      {children}
    </section>
  );
}
