/**
 * Links of the rows of a long list, all to the same kind of page. The address is built once for all of them; a row only puts
 * its id in. A row that is a link of the router's own costs more than all the rest of it.
 */
import { type MouseEvent, useMemo } from "react";

/** Stands for the id in an address. */
export const ID = "-id-";

export interface RowLink {
  href: string;
  "data-row": string;
  onClick: (event: MouseEvent<HTMLAnchorElement>) => void;
}

/** What the anchor of a row is given, for its id. `pattern` is a public address with `ID` in it. */
export function useRowLinks(pattern: string, go: (id: string) => void): (id: string | number) => RowLink {
  return useMemo(() => {
    const onClick = (event: MouseEvent<HTMLAnchorElement>) => {
      // Another tab, another window, a download: the browser's.
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(event.currentTarget.dataset.row ?? "");
    };
    return (id) => ({ href: pattern.replace(ID, encodeURIComponent(id)), "data-row": String(id), onClick });
  }, [pattern, go]);
}
