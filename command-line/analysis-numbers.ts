// The numbers of an analysis: as one object for programs, and in words for people.

import type { NetworkReading } from '../analysis/index.js';
import type { RunAnalysis } from './analysis-page.js';
import { formatCount, formatLoss, formatTable } from './format.js';

/** Everything that was read, without figures. */
export function analysisNumbers({ name, run, step, parametersSha256, summary, tolerance, reading }: RunAnalysis) {
  return {
    name,
    run,
    step,
    parametersSha256,
    evaluation: summary,
    ...(reading === undefined ? {} : readingNumbers(reading, tolerance)),
  };
}

function readingNumbers(
  { neurons, influential, pruned, polynomial, scores, lags, learningRate }: NetworkReading,
  tolerance: number,
) {
  const { kept, loss, originalLoss, stages, remembering, forgetting, between } = pruned;
  return {
    neurons,
    influential,
    pruned: { tolerancePercent: tolerance, kept, remembering, forgetting, between, loss, originalLoss, stages },
    polynomial: { distance: polynomial.distance, distanceOnTask: polynomial.distanceOnTask },
    ...(scores === undefined ? {} : { scores }),
    ...(lags === undefined ? {} : { lagCoefficients: lags, learningRate }),
  };
}

/** Rows of what was found, each with its name. */
export function analysisRows({ summary, tolerance, reading }: RunAnalysis): readonly (readonly [string, string])[] {
  const { testLoss, accuracy, optimum, gradientDescent, normalizedLoss, sequences } = summary;
  const given = (label: string, value: number | null, format = formatLoss): readonly (readonly [string, string])[] =>
    value === null ? [] : [[label, format(value)]];
  return [
    ['held-out sequences', formatCount(sequences)],
    ['held-out loss', formatLoss(testLoss)],
    ['held-out loss relative to predicting zero', formatLoss(normalizedLoss)],
    ...given('right answers', accuracy, (share) => `${(100 * share).toFixed(2)} %`),
    ...given('one optimal step of gradient descent on the same sequences', gradientDescent),
    ...given('optimum in theory', optimum),
    ...(reading === undefined ? [] : readingRows(reading, tolerance)),
  ];
}

function readingRows(reading: NetworkReading, tolerance: number): readonly (readonly [string, string])[] {
  const { neurons, influential, pruned, polynomial, scores, lags, learningRate } = reading;
  const lagMean = lags === undefined ? 0 : lags.reduce((sum, { mean }) => sum + mean, 0) / lags.length;
  return [
    ['neurons', formatCount(neurons.length)],
    ['neurons that matter: remember + forget + between', kinds(influential, influential.count)],
    [`neurons left after pruning within ${tolerance} %: remember + forget + between`, kinds(pruned, pruned.kept.length)],
    ['distance of the instantaneous polynomial', formatLoss(polynomial.distance)],
    ...(lags === undefined || learningRate === undefined
      ? []
      : ([
          ['the same, of the terms that the task determines', formatLoss(polynomial.distanceOnTask)],
          ['mean coefficient of an example', formatLoss(lagMean)],
          ['rate of an optimal gradient step, theory', formatLoss(learningRate)],
        ] as const)),
    ...(scores === undefined
      ? []
      : ([
          ['KV score', formatLoss(scores.keyValue)],
          ['Q score', formatLoss(scores.query)],
        ] as const)),
  ];
}

function kinds(
  { remembering, forgetting }: { readonly remembering: number; readonly forgetting: number },
  count: number,
): string {
  return `${count} = ${remembering} + ${forgetting} + ${count - remembering - forgetting}`;
}

/** The rows for a terminal. */
export function describeAnalysis(analysis: RunAnalysis): string {
  const head = `${analysis.name} after step ${analysis.step}`;
  const note =
    analysis.reading === undefined
      ? '\n\nNeurons are read of one bare layer of gated-rnn on in-context-regression or attention-teacher; this run is another, so only its loss is shown.'
      : '';
  return `${formatTable([[head, ''], ...analysisRows(analysis)])}${note}`;
}
