// Draws a run on axes that are given.

import { columnsOf } from '../page/chart-style.js';
import { formatTick, logarithmicTicks } from '../page/ticks.js';
import type { Pen } from './pictures.js';
import type { SharedAxes } from './shared-axes.js';
import type { RunView } from './study-view.js';

/** The colors of a chart. */
export interface Inks extends Readonly<Record<'training' | 'band' | 'heldOut' | 'theory' | 'card' | 'grid' | 'soft', string>> {
  readonly isDark: boolean;
}

/** How a run is drawn. */
export interface PaintOptions {
  readonly axes: SharedAxes;
  readonly inks: Inks;
  readonly hasLogarithmicSteps: boolean;
  /** Whether there is room for the numbers of the axis. */
  readonly hasNumbers: boolean;
}

/** From numbers to pixels. */
interface Scales {
  readonly x: (step: number) => number;
  readonly y: (loss: number) => number;
  readonly left: number;
}

const numberPixels = 30;
const edgePixels = 4;

/** Draws a run. */
export function paintRun(pen: Pen, run: RunView, options: PaintOptions): void {
  const { context } = pen;
  const { inks } = options;
  const scales = scalesOf(pen, options);
  paintGrid(pen, scales, options);
  context.save();
  context.beginPath();
  context.rect(scales.left, 0, pen.width - scales.left, pen.height);
  context.clip();
  paintCurve(context, run, { scales, inks });
  const { optimum } = run.standing.peek();
  if (optimum !== null && optimum > 0) {
    context.setLineDash([5, 4]);
    strokeLine(context, inks.theory, [scales.left, scales.y(optimum), pen.width, scales.y(optimum)]);
    context.setLineDash([]);
  }
  const test = run.tests.peek().at(-1);
  if (test !== undefined && test.loss > 0) paintDot(context, inks, [scales.x(test.step), scales.y(test.loss)]);
  context.restore();
}

function scalesOf({ width, height }: Pen, { axes, hasLogarithmicSteps, hasNumbers }: PaintOptions): Scales {
  const { stepCount, minimum, maximum } = axes;
  const left = hasNumbers ? numberPixels : 0;
  // The last step has room for its dot.
  const span = width - left - 2 * edgePixels;
  const share = (step: number): number =>
    hasLogarithmicSteps ? Math.log(Math.max(1, step)) / Math.log(Math.max(2, stepCount)) : step / stepCount;
  const room = height - 2 * edgePixels;
  const decades = Math.log(maximum / minimum);
  return {
    left,
    x: (step) => left + edgePixels + span * share(step),
    // What is not above 0 lies below everything, and what is far away not too far for a pen.
    y: (loss) => {
      const height = loss > 0 ? Math.log(loss / minimum) / decades : -1;
      return edgePixels + room * (1 - Math.max(-1, Math.min(2, height)));
    },
  };
}

function paintGrid({ context, width, height }: Pen, { y, left }: Scales, { axes, inks, hasNumbers }: PaintOptions): void {
  const ticks = fewTicks(axes, hasNumbers ? Math.max(2, Math.floor(height / 30)) : 3);
  context.font = '10px system-ui, sans-serif';
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  context.fillStyle = inks.soft;
  for (const tick of ticks) {
    const line = Math.round(y(tick)) + 0.5;
    strokeLine(context, inks.grid, [left, line, width, line]);
    if (hasNumbers) context.fillText(formatTick(tick), left - 4, Math.max(6, Math.min(height - 6, line)));
  }
}

/** So many ticks at most: every second or third one where there are more. */
function fewTicks({ minimum, maximum }: SharedAxes, most: number): readonly number[] {
  const ticks = logarithmicTicks(minimum, maximum);
  const powers = ticks.filter((tick) => Number.isInteger(Math.round(1e9 * Math.log10(tick)) / 1e9));
  const wanted = powers.length >= 2 ? powers : ticks;
  const stride = Math.ceil(wanted.length / most);
  return wanted.filter((_, index) => index % stride === 0);
}

function paintCurve(
  context: CanvasRenderingContext2D,
  { curve }: RunView,
  { scales: { x, y }, inks }: { readonly scales: Scales; readonly inks: Inks },
): void {
  const { position, smallest, largest, mean } = columnsOf(curve);
  if (position.length === 0) return;
  const places = position.map(x);
  context.beginPath();
  for (const [index, place] of places.entries()) context.lineTo(place, y(largest[index] ?? 0));
  for (let index = places.length - 1; index >= 0; index -= 1) context.lineTo(places[index] ?? 0, y(smallest[index] ?? 0));
  context.fillStyle = inks.band;
  context.fill();
  context.beginPath();
  for (const [index, place] of places.entries()) context.lineTo(place, y(mean[index] ?? 0));
  context.strokeStyle = inks.training;
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  context.stroke();
}

function paintDot(context: CanvasRenderingContext2D, inks: Inks, [x, y]: readonly [number, number]): void {
  context.beginPath();
  context.arc(x, y, 3.5, 0, 2 * Math.PI);
  context.fillStyle = inks.heldOut;
  context.fill();
  context.strokeStyle = inks.card;
  context.lineWidth = 1;
  context.stroke();
}

function strokeLine(
  context: CanvasRenderingContext2D,
  ink: string,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): void {
  context.beginPath();
  context.moveTo(x0, y0);
  context.lineTo(x1, y1);
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.stroke();
}
