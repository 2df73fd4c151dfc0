// Loss and learning rate over a run.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from './figure.js';

/** A point of a run's curve. */
export interface CurvePoint {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
}

/** A held-out evaluation. */
export interface CurveEvaluation {
  readonly step: number;
  readonly testLoss: number;
}

/** What a run's curves show. */
export interface RunCurves {
  readonly points: readonly CurvePoint[];
  readonly evaluations: readonly CurveEvaluation[];
  /** The optimum of theory, and what its line is called. */
  readonly optimum: { readonly loss: number; readonly label: string } | undefined;
  readonly lossLabel: string;
}

const pointCount = 500;

/** Geometric means over equal portions of an axis: a curve that can be drawn, however long the run was. */
export function thinCurve(
  points: readonly CurvePoint[],
  place: (step: number) => number = (step) => step,
): readonly CurvePoint[] {
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return [];
  const span = place(last.step) - place(first.step);
  const portions = new Map<number, CurvePoint[]>();
  for (const point of points) {
    const portion = span === 0 ? 0 : Math.floor((pointCount * (place(point.step) - place(first.step))) / span);
    const part = portions.get(portion);
    if (part === undefined) portions.set(portion, [point]);
    else part.push(point);
  }
  return [...portions.values()].map((part) => {
    const middle = part[Math.floor(part.length / 2)]!;
    const logarithm = part.reduce((sum, { loss }) => sum + Math.log(Math.max(loss, Number.MIN_VALUE)), 0) / part.length;
    return { step: middle.step, loss: Math.exp(logarithm), learningRate: middle.learningRate };
  });
}

/** The loss over steps, on logarithmic axes: most of learning is over early. Step 0 is drawn where step 1 is. */
export function lossFigure({ points, evaluations, optimum, lossLabel }: RunCurves): Figure {
  const theory = optimum === undefined || optimum.loss <= 0 ? [] : [optimum];
  const thin = thinCurve(points, Math.log);
  const tested = evaluations.flatMap(({ step, testLoss }) => (testLoss > 0 ? [{ step: Math.max(1, step), loss: testLoss }] : []));
  const losses = [...thin, ...theory, ...tested].map(({ loss }) => loss).filter((loss) => loss > 0);
  // Room below the lowest line for its label.
  const domain = losses.length === 0 ? undefined : [0.8 * Math.min(...losses), 1.1 * Math.max(...losses)];
  const svg = draw({
    x: { type: 'log', label: 'optimizer step', grid: true, ticks: 5, tickFormat: (step: number) => step.toLocaleString('en-US') },
    y: {
      type: 'log',
      label: lossLabel,
      grid: true,
      ticks: 6,
      tickFormat: shortNumber,
      ...(domain && { domain }),
    },
    marks: [
      Plot.line(thin, { x: 'step', y: 'loss', stroke: inks.measured, strokeOpacity: 0.55 }),
      Plot.ruleY(theory, { y: 'loss', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.text(theory, { y: 'loss', text: 'label', frameAnchor: 'left', textAnchor: 'start', dx: 6, dy: 13, fill: inks.theory }),
      Plot.dot(tested, { x: 'step', y: 'loss', fill: inks.measured, r: 4 }),
    ],
  });
  const caption = `The line is the training loss, thinned; dots are evaluations on held-out sequences${theory.length > 0 ? '; the dashed line is theory' : ''}.`;
  return { title: 'Loss', caption, svg };
}

/** The learning rate over steps. */
export function learningRateFigure({ points }: RunCurves): Figure {
  const svg = draw({
    height: 160,
    x: { label: 'optimizer step', grid: true },
    y: { label: 'learning rate', grid: true, tickFormat: shortNumber, ticks: 4 },
    marks: [Plot.line(thinCurve(points), { x: 'step', y: 'learningRate', stroke: inks.measured })],
  });
  return { title: 'Learning rate', caption: 'As the schedule had it.', svg };
}

/** 0.0946, 2e-7: three digits. */
export const shortNumber = (x: number): string => rounded(x, 3);
/** The same with five digits, for axes that span little. */
export const fineNumber = (x: number): string => rounded(x, 5);

function rounded(x: number, digits: number): string {
  const size = Math.abs(x);
  if (size === 0) return '0';
  return size >= 1e-3 && size < 1e5 ? String(Number(x.toPrecision(digits))) : x.toExponential(0);
}
