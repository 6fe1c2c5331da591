/** A box to tick in a row of a long list: the browser's own, as light as a row has to be. */
interface Props {
  label: string;
  on: boolean;
  onTurn: () => void;
}

export function Tick({ label, on, onTurn }: Props) {
  return <input type="checkbox" className="tick" aria-label={label} checked={on} onChange={onTurn} />;
}
