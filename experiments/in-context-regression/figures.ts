// The figures of E3.

import * as Plot from '@observablehq/plot';
import { draw, inks, type Figure } from '../../analysis/index.js';
import type { RegressionRun } from './findings.js';
import { hiddenOf } from './staircase.js';
import { learningRate, productCount, stair, zeroLoss } from './theory.js';

/** The runs that are drawn. */
export interface DrawnRuns {
  readonly gated: readonly RegressionRun[];
  readonly attention: readonly RegressionRun[];
  readonly sizes: readonly RegressionRun[];
}

/** The figures for which there are runs. */
export function regressionFigures({ gated, attention, sizes }: DrawnRuns): readonly Figure[] {
  return [
    ...(sizes.length === 0 ? [] : [staircaseFigure(sizes)]),
    ...(gated.length + attention.length === 0 ? [] : [coefficientFigure(gated, attention)]),
  ];
}

function staircaseFigure(runs: readonly RegressionRun[]): Figure {
  const stairs = Array.from({ length: productCount + 1 }, (_, k) => ({ k: `k = ${k}`, loss: zeroLoss - k * stair }));
  const points = runs.map((run) => ({ hidden: hiddenOf(run), loss: run.measurement.trained.loss }));
  const sizes = [...new Set(points.map(({ hidden }) => hidden))].toSorted((a, b) => a - b);
  const svg = draw({
    height: 400,
    marginRight: 60,
    x: { type: 'log', label: 'hidden neurons', ticks: sizes, tickFormat: String, grid: true },
    y: { label: 'half the mean squared error per output', domain: [0, 0.55] },
    marks: [
      Plot.ruleY(stairs, { y: 'loss', stroke: inks.theory, strokeDasharray: '6 4', strokeOpacity: 0.7 }),
      Plot.text(stairs, { y: 'loss', text: 'k', frameAnchor: 'right', textAnchor: 'start', dx: 6, fill: inks.theory }),
      Plot.dot(points, { x: 'hidden', y: 'loss', fill: inks.measured, fillOpacity: 0.6, r: 5 }),
    ],
  });
  const caption =
    'A dot is a run of Eq. 2. Dashed lines are theory: the loss with k of the nine products y_i x_j, each of which is worth 0.045045.';
  return { title: 'Loss against the number of neurons', caption, svg };
}

function coefficientFigure(gated: readonly RegressionRun[], attention: readonly RegressionRun[]): Figure {
  const linesOf = (model: string, runs: readonly RegressionRun[]) =>
    runs.flatMap(({ name, measurement }) => (measurement.lags ?? []).map((lag) => ({ ...lag, model, name })));
  const lags = [...linesOf('Eq. 2', gated), ...linesOf('linear attention', attention)];
  const theory = [{ rate: learningRate, label: `theory: η* = ${learningRate.toFixed(4)}` }];
  const values = lags.flatMap(({ minimum, maximum }) => [minimum, maximum]);
  const [low, high] = [Math.min(learningRate, ...values), Math.max(learningRate, ...values)];
  const svg = draw({
    height: 280,
    fx: { label: null },
    x: { label: 'age of the example in tokens', ticks: 12, tickFormat: String },
    y: { label: 'coefficient', grid: true, domain: [low - 0.2 * (high - low), high + 0.2 * (high - low)] },
    marks: [
      Plot.line(lags, { fx: 'model', x: 'age', y: 'mean', z: 'name', stroke: inks.measured }),
      Plot.ruleX(lags, { fx: 'model', x: 'age', y1: 'minimum', y2: 'maximum', stroke: inks.measured, strokeOpacity: 0.4 }),
      Plot.ruleY(theory, { y: 'rate', stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.text(theory, { y: 'rate', text: 'label', frameAnchor: 'left', textAnchor: 'start', dx: 8, dy: 12, fill: inks.theory }),
    ],
  });
  const caption =
    'What multiplies y_i x_j of an example and x_j of the query in output i, by the age of the example: a line for each seed, with the range over i and j. One step of gradient descent has η* for all.';
  return { title: 'What an example counts', caption, svg };
}
