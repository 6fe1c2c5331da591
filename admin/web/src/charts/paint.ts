/** Colours and patterns of the canvas, from the page's tokens. */

export interface Paint {
  series: string[];
  text: string;
  hairline: string;
  surface: string;
  border: string;
  font: string;
}

export function paintOf(element: Element): Paint {
  const style = getComputedStyle(element);
  const of = (name: string) => style.getPropertyValue(name).trim();
  return {
    series: [1, 2, 3, 4, 5, 6].map((index) => of(`--p-series-${index}`)),
    text: of("--p-muted"),
    hairline: of("--p-hairline"),
    surface: of("--p-surface"),
    border: of("--p-border"),
    font: `12px ${style.fontFamily}`,
  };
}

/** How a series is told apart besides its colour. `solid` is the first one's. */
type Lines = "solid" | "up" | "cross" | "flat" | "down" | "dots";
const LINES: readonly Lines[] = ["solid", "up", "cross", "flat", "down", "dots"];
export const DASHES: readonly number[][] = [[], [6, 4], [2, 3], [10, 4, 2, 4], [1, 3], [12, 3]];

const SIZE = 8;

function tile(draw: (context: CanvasRenderingContext2D, size: number) => void): CanvasPattern | string {
  const scale = Math.max(1, Math.round(devicePixelRatio));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIZE * scale;
  const context = canvas.getContext("2d");
  if (context === null) return "transparent";
  context.scale(scale, scale);
  draw(context, SIZE);
  return context.createPattern(canvas, "repeat") ?? "transparent";
}

function stroke(context: CanvasRenderingContext2D, lines: Lines, size: number): void {
  const paths: Record<Lines, [number, number, number, number][]> = {
    solid: [],
    up: [[-1, size + 1, size + 1, -1], [-1, 1, 1, -1], [size - 1, size + 1, size + 1, size - 1]],
    down: [[-1, -1, size + 1, size + 1], [-1, size - 1, 1, size + 1], [size - 1, -1, size + 1, 1]],
    cross: [[-1, size + 1, size + 1, -1], [-1, -1, size + 1, size + 1]],
    flat: [[0, 2, size, 2], [0, 6, size, 6]],
    dots: [[2, 2, 4, 2], [6, 6, 8, 6]],
  };
  context.beginPath();
  for (const [x, y, toX, toY] of paths[lines]) {
    context.moveTo(x, y);
    context.lineTo(toX, toY);
  }
  context.stroke();
}

export function fillOf(paint: Paint, index: number): CanvasPattern | string {
  const colour = paint.series[index % paint.series.length] ?? paint.text;
  const lines = LINES[index % LINES.length] ?? "solid";
  if (lines === "solid") return colour;
  return tile((context, size) => {
    context.fillStyle = paint.surface;
    context.fillRect(0, 0, size, size);
    context.strokeStyle = colour;
    context.lineWidth = 2.5;
    stroke(context, lines, size);
  });
}

/** Over what is not over yet, and under what nobody knows. */
export function hatch(colour: string, width: number): CanvasPattern | string {
  return tile((context, size) => {
    context.strokeStyle = colour;
    context.lineWidth = width;
    stroke(context, "up", size);
  });
}
