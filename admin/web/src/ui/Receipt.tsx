/** How a number came about: a line for each part, and the total. What does not count is there, but pale. */

export interface ReceiptLine {
  key: string;
  text: string;
  /** Why it does not count. */
  why: string | null;
  amount: string;
}

export function Receipt({ lines, total, totalText }: { lines: ReceiptLine[]; total: string; totalText: string }) {
  return (
    <ul className="receipt plain-list">
      {lines.map((line) => (
        <li key={line.key} data-off={line.why === null ? undefined : true}>
          <span>
            {line.text}
            {line.why !== null && <span className="meta"> · {line.why}</span>}
          </span>
          <span className="dots" aria-hidden="true" />
          <span>{line.why === null ? line.amount : `(${line.amount})`}</span>
        </li>
      ))}
      <li className="total">
        <span>{totalText}</span>
        <span className="dots" aria-hidden="true" />
        <span>{total}</span>
      </li>
    </ul>
  );
}
