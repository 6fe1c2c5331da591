/** A line of small bars in a row of a list; the highest is shared down a column. Unknown is left out, none is a stroke. */
import "./charts.css";

interface Props {
  values: readonly (number | null)[];
  /** What the full height stands for. */
  most: number;
  label: string;
}

const WIDTH = 5;
const HEIGHT = 24;

export function Sparkline({ values, most, label }: Props) {
  const top = Math.max(1, most);
  return (
    <svg className="sparkline" viewBox={`0 0 ${Math.max(1, values.length) * WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      {values.map((value, index) => {
        if (value === null) return null;
        const height = value === 0 ? 1 : Math.max(2, (HEIGHT * value) / top);
        return <rect key={index} x={index * WIDTH} y={HEIGHT - height} width={WIDTH - 1} height={height} data-none={value === 0 || undefined} />;
      })}
    </svg>
  );
}
