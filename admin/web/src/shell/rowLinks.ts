/**
 * Links of the rows of a long list, all to the same kind of page. The address is built once for all of them; a row only puts
 * its id in. A row that is a link of the router's own costs more than all the rest of it.
 */
import { type MouseEvent, useMemo } from "react";

/** Stands for the id in an address. */
export const ID = "-id-";

export interface PlainLink {
  href: string;
  onClick: (event: MouseEvent<HTMLAnchorElement>) => void;
}

export interface RowLink extends PlainLink {
  /** By which J and K find it. */
  "data-row": string;
}

/** Another tab, another window, a download: the browser's matter. */
function isBrowsers(event: MouseEvent): boolean {
  return event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
}

/** What an anchor is given, for its id. `pattern` is a public address with `ID` in it. */
export function useLinks(pattern: string, go: (id: string) => void): (id: string | number) => PlainLink {
  return useMemo(
    () => (id) => ({
      href: pattern.replace(ID, encodeURIComponent(id)),
      onClick: (event) => {
        if (isBrowsers(event)) return;
        event.preventDefault();
        go(String(id));
      },
    }),
    [pattern, go],
  );
}

/** The same for that anchor of a row which leads to what the row is of. */
export function useRowLinks(pattern: string, go: (id: string) => void): (id: string | number) => RowLink {
  const link = useLinks(pattern, go);
  return useMemo(() => (id) => ({ ...link(id), "data-row": String(id) }), [link]);
}
