/**
 * J and K go through the rows of a list, X selects. Rows are links with `data-row`, so that Enter and the focus are the
 * browser's. Off while somebody types, and under a dialog.
 */
import { useEffect } from "react";

export function useRowKeys(onSelect: (id: number) => void): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target instanceof HTMLElement ? event.target : document.body;
      if (event.ctrlKey || event.metaKey || event.altKey || target.closest("input:not([type=checkbox]), textarea, select, [role=dialog]")) return;
      const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")];
      const at = rows.findIndex((row) => row === target || row.closest("li")?.contains(target) === true);
      if (event.key === "j" || event.key === "k") {
        const to = at === -1 ? 0 : at + (event.key === "j" ? 1 : -1);
        rows[to]?.focus();
      } else if (event.key === "x" && at !== -1) {
        onSelect(Number(rows[at]?.dataset.row));
      }
    };
    document.addEventListener("keydown", pressed);
    return () => {
      document.removeEventListener("keydown", pressed);
    };
  }, [onSelect]);
}
