// What a network of any kind answers to an in-context regression, beside gradient descent and its relatives.

import * as Plot from '@observablehq/plot';
import type { Matrix } from '../../learning/index.js';
import type { AlgorithmComparison } from '../algorithm-comparison.js';
import type { Alignment } from '../alignment.js';
import type { PreconditionerReading, RegressionReading } from '../regression-reading.js';
import { fineNumber, shortNumber } from './curves.js';
import { draw, inks, type Figure } from './figure.js';

const drawnPredictions = 1500;

/** Predictions of the network against those of one optimal gradient step. */
export function predictionFigure({ predictions, alignment }: RegressionReading): Figure {
  const points = predictions.slice(0, drawnPredictions);
  const bound = 1.05 * Math.max(...points.flatMap(({ network, step }) => [Math.abs(network), Math.abs(step)]), 1e-12);
  const scale = { domain: [-bound, bound], grid: true, ticks: 5, tickFormat: shortNumber };
  const svg = draw({
    height: 360,
    width: 420,
    x: { ...scale, label: 'one optimal gradient step' },
    y: { ...scale, label: 'network' },
    marks: [
      Plot.line(
        [
          [-bound, -bound],
          [bound, bound],
        ],
        { stroke: inks.theory, strokeDasharray: '6 4' },
      ),
      Plot.dot(points, { x: 'step', y: 'network', fill: inks.measured, fillOpacity: 0.35, r: 2 }),
    ],
  });
  const caption = `A dot is one output for one held-out sequence (${points.length} of ${predictions.length}). Over all of them, √(Σ (network − step)² / Σ step²) is ${shortNumber(alignment.relativePredictionDistance)}; the mean length of the difference is ${shortNumber(alignment.predictionDistance.mean)}.`;
  return { title: 'Predictions beside one gradient step', caption, svg };
}

/** How often the two sensitivities have which angle. */
export function cosineFigure({ cosine, cosines, sensitivityDistance, relativeSensitivityDistance }: Alignment): Figure {
  const least = Math.min(...cosines, 1);
  // Whole bins up to 1, wide enough for what there is.
  const width = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1].find((one) => 40 * one >= 1 - least) ?? 0.1;
  const from = Math.max(-1, 1 - width * Math.max(10, Math.ceil((1 - least) / width)));
  const bins = Array.from({ length: Math.round((1 - from) / width) }, (_, bin) => {
    const [low, high] = [from + bin * width, from + (bin + 1) * width];
    const isLast = high > 1 - width / 2;
    return { from: low, to: high, count: cosines.filter((x) => x >= low && (isLast || x < high)).length };
  });
  const svg = draw({
    height: 220,
    x: { label: 'cosine of the sensitivities of network and gradient step', domain: [from, 1], tickFormat: fineNumber, ticks: 6 },
    y: { label: 'sequences', grid: true, ticks: 4 },
    marks: [Plot.rectY(bins, { x1: 'from', x2: 'to', y: 'count', fill: inks.measured, insetLeft: 1 }), Plot.ruleY([0])],
  });
  const caption = `The sensitivity of a sequence is ∂ŷ/∂x of its query, the slope of the prediction. 1 is the direction of one gradient step: the mean is ${fineNumber(cosine.mean)} ± ${shortNumber(cosine.standardError)}. The mean length of the difference is ${shortNumber(sensitivityDistance.mean)}, relative to the step's slope over all sequences ${shortNumber(relativeSensitivityDistance)}.`;
  return { title: 'Alignment of sensitivities', caption, svg };
}

/** How far the loss is above that of one gradient step, where it was trained and where weights are larger. */
export function varianceFigure({ variances }: RegressionReading): Figure {
  const rows = variances.map(({ weightVariance, step, excess }, index) => {
    const [center, error] = [(100 * excess.mean) / step.mean, (200 * excess.standardError) / step.mean];
    const label = `${index === 0 ? 'as trained' : 'doubled'}: ${shortNumber(weightVariance)}`;
    return { label, center, low: center - error, high: center + error };
  });
  const svg = draw({
    height: 150,
    marginLeft: 130,
    x: { label: 'loss above one optimal gradient step, in percent', grid: true, nice: true, tickFormat: fineNumber, ticks: 6 },
    y: { label: null, domain: rows.map(({ label }) => label), tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: inks.theory, strokeDasharray: '6 4' }),
      Plot.ruleY(rows, { y: 'label', x1: 'low', x2: 'high', stroke: inks.measured, strokeWidth: 2 }),
      Plot.dot(rows, { y: 'label', x: 'center', fill: inks.measured, r: 5 }),
    ],
  });
  const caption =
    "Variance of the entries of W, as in training and doubled, on the same inputs. Predictions of a gradient step grow with W, so its share stays; lines are two standard errors of the difference, sequence by sequence. On the dashed line the loss is the step's.";
  return { title: 'Larger weights than in training', caption, svg };
}

/** Γ as fitted, as the weights have it where that is known, and as theory wants it. */
export function preconditionerFigure(preconditioner: PreconditionerReading, exact?: Matrix): Figure {
  const { matrix, wanted, explained, fromWanted, rate, fromIsotropic } = preconditioner;
  const panels = [
    { name: "fitted to the network's answers", entries: matrix },
    ...(exact === undefined ? [] : [{ name: "from the network's weights", entries: exact }]),
    { name: 'optimal in theory', entries: wanted },
  ];
  const cells = panels.flatMap(({ name, entries }) =>
    entries.flatMap((row, i) => row.map((value, j) => ({ name, row: `x${i + 1}`, column: `x${j + 1}`, value }))),
  );
  const largest = Math.max(...cells.map(({ value }) => Math.abs(value)), 1e-12);
  const isLabelled = matrix.length <= 5;
  const svg = draw({
    height: 260,
    marginTop: 40,
    marginLeft: 36,
    marginBottom: 30,
    x: { label: null, tickSize: 0, domain: matrix.map((_, j) => `x${j + 1}`), axis: matrix.length > 12 ? null : 'bottom' },
    y: { label: null, tickSize: 0, domain: matrix.map((_, i) => `x${i + 1}`), axis: matrix.length > 12 ? null : 'left' },
    fx: { label: null, domain: panels.map(({ name }) => name), padding: 0.1 },
    color: { type: 'diverging', scheme: 'RdBu', domain: [-1.6 * largest, 1.6 * largest] },
    marks: [
      Plot.cell(cells, { x: 'column', y: 'row', fx: 'name', fill: 'value', stroke: '#ddd' }),
      ...(isLabelled
        ? [
            Plot.text(cells, {
              x: 'column',
              y: 'row',
              fx: 'name',
              text: ({ value }: { value: number }) => entryText(value, largest),
            }),
          ]
        : []),
    ],
  });
  const caption = `Γ of the preconditioned step ŷ = Σ y xᵀ Γ x_q: rows are inputs of the examples, columns those of the query; ${largestWords(largest)}. The best fit explains ${(100 * explained).toFixed(3)} % of the mean square of the predictions. It is ${shortNumber(fromWanted)} away from theory (relative), and ${shortNumber(fromIsotropic)} from plain gradient descent of rate ${shortNumber(rate)}.`;
  return { title: 'The nearest preconditioned gradient step', caption, svg };
}

/** An entry with as many decimals as the largest one has for three digits. */
function entryText(value: number, largest: number): string {
  const text = value.toFixed(Math.min(20, Math.max(0, 2 - Math.floor(Math.log10(largest)))));
  return Number(text) === 0 ? '0' : text;
}

const largestWords = (largest: number): string => `red negative, blue positive, the largest ${shortNumber(largest)}`;

/** Losses of known algorithms, the network's among them, and how far predictions are apart. */
export function comparisonFigure({ loss, algorithms, nearest }: AlgorithmComparison): Figure {
  const least = 1e-4 * Math.max(loss.mean, ...algorithms.map((one) => one.loss.mean));
  const rows = algorithms.map(({ name, setting, loss: { mean }, distance }) => ({
    label: setting === undefined ? name : `${name}, ${setting.symbol} ${shortNumber(setting.value)}`,
    loss: Math.max(mean, least),
    distance: shortNumber(distance),
    isNearest: name === nearest,
  }));
  const network = [{ loss: Math.max(loss.mean, least), label: `network: ${shortNumber(loss.mean)}` }];
  const svg = draw({
    height: 90 + 26 * rows.length,
    marginLeft: 250,
    marginRight: 90,
    marginTop: 34,
    x: { type: 'log', label: 'held-out loss', grid: true, domain: [0.8 * least, 2e4 * least], ticks: 5, tickFormat: shortNumber },
    y: { label: null, domain: rows.map(({ label }) => label), tickSize: 0 },
    marks: [
      Plot.ruleX(network, { x: 'loss', stroke: inks.measured }),
      Plot.text(network, {
        x: 'loss',
        text: 'label',
        frameAnchor: 'top',
        textAnchor: 'end',
        dx: 4,
        dy: -12,
        fill: inks.measured,
      }),
      Plot.dot(rows, { x: 'loss', y: 'label', fill: inks.theory, r: 5 }),
      ...[true, false].map((isNearest) =>
        Plot.text(
          rows.filter((row) => row.isNearest === isNearest),
          {
            ...{ y: 'label', text: 'distance', frameAnchor: 'right', textAnchor: 'start', dx: 20 },
            fontWeight: isNearest ? 700 : 400,
          },
        ),
      ),
      Plot.text(['distance'], { text: (text: string) => text, frameAnchor: 'top-right', textAnchor: 'start', dx: 20, dy: -12 }),
    ],
  });
  const caption = `On the same held-out sequences; rates and penalties are tuned on sequences of training. Losses below ${shortNumber(least)} are drawn at the left end. Distance: √(Σ (network − algorithm)² / Σ target²) of the predictions. The nearest is ${nearest}.`;
  return { title: 'Beside known algorithms', caption, svg };
}
