/** A text as a square that cameras read; the one that makes it is loaded when it is wanted. */
import { useEffect, useState } from "react";

/** Modules of quiet around it, as the standard wants them. */
const QUIET = 4;

export function QrCode({ text, label }: { text: string; label: string }) {
  const [dots, setDots] = useState<boolean[][] | null>(null);
  useEffect(() => {
    let wanted = true;
    void import("qr").then(({ default: encode }) => {
      if (wanted) setDots(encode(text, "raw", { border: QUIET }));
    });
    return () => {
      wanted = false;
    };
  }, [text]);
  const size = dots?.length ?? 1;
  const path = dots?.flatMap((row, y) => row.map((dark, x) => (dark ? `M${x} ${y}h1v1h-1z` : ""))).join("");
  return (
    <svg className="qr" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <path d={path} />
    </svg>
  );
}
