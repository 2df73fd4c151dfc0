// The numbers of an analysis: as one object for programs, and in words for people.

import type { CanonicalForm, Estimate, NetworkReading, RegressionReading } from '../analysis/index.js';
import type { RunAnalysis } from './analysis-page.js';
import { formatCount, formatDifference, formatLoss, formatTable } from './format.js';

/** Everything that was read, without figures. */
export function analysisNumbers({ name, run, step, parametersSha256, summary, tolerance, reading, answers }: RunAnalysis) {
  return {
    name,
    run,
    step,
    parametersSha256,
    evaluation: summary,
    ...(reading === undefined ? {} : readingNumbers(reading, tolerance)),
    ...(answers === undefined ? {} : { answers: answerNumbers(answers) }),
  };
}

/** Everything but the numbers of single sequences. */
function answerNumbers({ sequenceCount, alignment, variances, preconditioner, comparison }: RegressionReading) {
  const { cosine, sensitivityDistance, predictionDistance, relativeSensitivityDistance, relativePredictionDistance } = alignment;
  return {
    sequenceCount,
    alignment: { cosine, sensitivityDistance, predictionDistance, relativeSensitivityDistance, relativePredictionDistance },
    variances,
    preconditioner: preconditioner ?? null,
    comparison: {
      loss: comparison.loss,
      nearest: comparison.nearest,
      algorithms: comparison.algorithms.map(({ name, setting, loss, excess, distance }) => ({
        ...{ name, setting: setting ?? null, loss, excess, distance },
      })),
    },
  };
}

function readingNumbers(
  { neurons, influential, pruned, merged, canonical, polynomial, scores, lags, learningRate, preconditioner }: NetworkReading,
  tolerance: number,
) {
  const { kept, loss, originalLoss, stages, remembering, forgetting, between } = pruned;
  return {
    neurons,
    influential,
    pruned: { tolerancePercent: tolerance, kept, remembering, forgetting, between, loss, originalLoss, stages },
    merged: merged ?? null,
    canonical: canonical ?? null,
    polynomial: { distance: polynomial.distance, distanceOnTask: polynomial.distanceOnTask },
    ...(scores === undefined ? {} : { scores }),
    ...(lags === undefined ? {} : { lagCoefficients: lags, learningRate, preconditionerOfWeights: preconditioner }),
  };
}

/** Rows of what was found, each with its name. */
export function analysisRows({ summary, tolerance, reading, answers }: RunAnalysis): readonly (readonly [string, string])[] {
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
    ...(answers === undefined ? [] : answerRows(answers)),
  ];
}

/** 0.9987 ± 0.0002: a mean and its standard error. */
const formatEstimate = ({ mean, standardError }: Estimate, format = formatLoss): string =>
  `${format(mean)} ± ${formatLoss(standardError)}`;

function answerRows({
  alignment,
  variances,
  preconditioner,
  comparison,
}: RegressionReading): readonly (readonly [string, string])[] {
  const [, doubled] = variances;
  return [
    ['cosine of sensitivities with one gradient step', formatEstimate(alignment.cosine)],
    ['distance of sensitivities, L2', formatEstimate(alignment.sensitivityDistance)],
    ['distance of predictions, L2', formatEstimate(alignment.predictionDistance)],
    ['held-out loss with doubled variance of W', formatEstimate(doubled.network)],
    ['one gradient step there', formatEstimate(doubled.step)],
    ['their difference', formatEstimate(doubled.excess, formatDifference)],
    ...(preconditioner === undefined
      ? []
      : ([
          ['predictions that the nearest preconditioned step explains', `${(100 * preconditioner.explained).toFixed(3)} %`],
          ['its distance from the optimal one', formatLoss(preconditioner.fromWanted)],
        ] as const)),
    ['the nearest of known algorithms', comparison.nearest],
  ];
}

/** The network beside known algorithms: a head and a row for each. */
export function comparisonRows({ comparison }: RegressionReading): readonly (readonly string[])[] {
  return [
    ['on the same held-out sequences', 'setting', 'loss', 'network − it', 'distance'],
    ['the network', '', formatEstimate(comparison.loss), '', ''],
    ...comparison.algorithms.map(({ name, setting, loss, excess, distance }) => [
      name,
      setting === undefined ? '' : `${setting.symbol} = ${formatLoss(setting.value)}`,
      formatEstimate(loss),
      formatEstimate(excess, formatDifference),
      formatLoss(distance),
    ]),
  ];
}

function readingRows(reading: NetworkReading, tolerance: number): readonly (readonly [string, string])[] {
  const { neurons, influential, pruned, merged, canonical, polynomial, scores, lags, learningRate } = reading;
  const lagMean = lags === undefined ? 0 : lags.reduce((sum, { mean }) => sum + mean, 0) / lags.length;
  return [
    ['neurons', formatCount(neurons.length)],
    ['neurons that matter: remember + forget + between', kinds(influential, influential.count)],
    [`neurons left after pruning within ${tolerance} %: remember + forget + between`, kinds(pruned, pruned.kept.length)],
    ...(merged === undefined
      ? []
      : ([
          [
            `loss with the neurons of each kind merged into the construction's ${merged.remembering} + ${merged.forgetting}`,
            formatLoss(merged.loss),
          ],
        ] as const)),
    ...(canonical === undefined ? [] : canonicalRows(canonical)),
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

function canonicalRows({ distance, parts }: CanonicalForm): readonly (readonly [string, string])[] {
  return [
    ['distance of the pruned network from the construction', formatLoss(distance)],
    [
      'the same, of neurons that remember, that forget, of outputs',
      [parts.remembers, parts.forgets, parts.outputs].map(formatLoss).join(', '),
    ],
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
      ? '\n\nNeurons are read of one bare layer of gated-rnn on in-context-regression or attention-teacher; this run is another, so its loss and its answers are shown.'
      : '';
  const comparison = analysis.answers === undefined ? '' : `\n\n${formatTable(comparisonRows(analysis.answers))}`;
  return `${formatTable([[head, ''], ...analysisRows(analysis)])}${comparison}${note}`;
}
