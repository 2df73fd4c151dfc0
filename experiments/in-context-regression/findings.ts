// What follows from the runs of E3.

import { spreadOf, formatNumber } from '../spread.js';
import type { MeasuredRun } from '../experiment.js';
import { verdictOf, type Claim, type Comparison, type Findings, type PaperStatement } from '../findings.js';
import { completedRuns } from '../selection.js';
import { regressionDetails } from './details.js';
import { regressionFigures } from './figures.js';
import type { RegressionMeasurement } from './measurement.js';
import { hiddenOf, sizeComparisons, staircaseClaim } from './staircase.js';
import { compactNeurons, constructionNeurons, doubledOptimum, learningRate, optimum } from './theory.js';

/** A measured run of E3. */
export type RegressionRun = MeasuredRun<RegressionMeasurement>;

/** Bounds of this experiment: of the loss above the optimum, of coefficients among each other and from η*. */
const lossBound = 0.005;
const coefficientBound = 0.02;
/** Standard errors below the optimum that sampling does not explain, in some hundred comparisons. */
const standardErrorBound = 4;

const recalled = (text: string): PaperStatement => ({ text, known: 'recalled with less certainty' });

/** E3's findings. */
export function concludeRegression(runs: readonly RegressionRun[]): Findings {
  const main = completedRuns(runs, 'in-context-regression');
  const gated = main.filter(({ config }) => config.model.name === 'gated-rnn');
  const attention = main.filter(({ config }) => config.model.name === 'linear-attention');
  const sizes = completedRuns(runs, 'in-context-regression-sizes');
  const rates = completedRuns(runs, 'in-context-regression-rates');
  return {
    table: [
      ...lossComparisons('Eq. 2', gated),
      ...lossComparisons('linear attention', attention),
      ...gatedCoefficients(gated),
      ...attentionCoefficients(attention),
      residualComparison('Eq. 2', gated, 'residual'),
      residualComparison('Eq. 2', gated, 'residualOnTask'),
      residualComparison('linear attention', attention, 'residualOnTask'),
      prunedComparison(gated),
      ...sizeComparisons(sizes),
    ],
    claims: [
      nothingBelow([...main, ...sizes, ...rates]),
      compensated(gated),
      fewNeurons([...gated, ...sizes]),
      staircaseClaim(sizes),
    ],
    details: regressionDetails({ main, sizes, rates }),
    figures: regressionFigures({ gated, attention, sizes }),
  };
}

function lossComparisons(model: string, runs: readonly RegressionRun[]): readonly Comparison[] {
  const parts = [
    ['W* of variance 1/3', 'trained', optimum],
    ['W* of variance 2/3', 'doubled', doubledOptimum],
  ] as const;
  return parts.flatMap(([where, key, best]) => {
    const shares = runs.map(({ measurement }) => (100 * measurement[key].difference) / best);
    const isNear = shares.length === 0 ? undefined : shares.every((share) => share <= 100 * lossBound);
    return [
      {
        quantity: `${model}, ${where}: half MSE per output`,
        theory: best,
        paper: undefined,
        ours: spreadOf(runs.map(({ measurement }) => measurement[key].loss)),
        verdict: verdictOf(isNear),
      },
      {
        quantity: `the same minus one gradient step, paired, in % of the optimum (wanted ≤ ${100 * lossBound})`,
        theory: '≥ 0',
        paper: undefined,
        ours: spreadOf(shares),
        verdict: verdictOf(isNear),
      },
    ];
  });
}

/** Coefficient of an example, averaged over its ages: what takes the place of η* where λ is below 1. */
export function correctedCoefficients({
  measurement,
}: RegressionRun): { readonly mean: number; readonly spread: number } | undefined {
  const lags = measurement.lags ?? [];
  if (lags.length === 0) return undefined;
  const over = (key: 'mean' | 'minimum' | 'maximum'): number => lags.reduce((sum, lag) => sum + lag[key], 0) / lags.length;
  return { mean: over('mean'), spread: (over('maximum') - over('minimum')) / over('mean') };
}

const rawCoefficients = (runs: readonly RegressionRun[]): readonly number[] =>
  runs.flatMap(({ measurement }) => (measurement.coefficients === null ? [] : [meanOf(measurement.coefficients)]));

const isRate = (value: number): boolean => Math.abs(value / learningRate - 1) <= coefficientBound;
const areRates = (values: readonly number[]): boolean | undefined => (values.length === 0 ? undefined : values.every(isRate));

/** Coefficients of Eq. 2; where λ is below 1 it is their mean over ages that has to be η*. */
function gatedCoefficients(runs: readonly RegressionRun[]): readonly Comparison[] {
  const corrected = runs.flatMap((run) => correctedCoefficients(run)?.mean ?? []);
  return [
    {
      quantity: 'Eq. 2: coefficient of x_j² y_i, mean over i and j',
      theory: `${formatNumber(learningRate)} for λ = 1, more below`,
      paper: recalled('0.0681–0.0682, gradient descent 0.0676'),
      ours: spreadOf(rawCoefficients(runs)),
      verdict: 'not decided',
    },
    {
      quantity: `Eq. 2: the same after the λ correction (mean over the ages of an example; wanted within ${100 * coefficientBound} %)`,
      theory: learningRate,
      paper: undefined,
      ours: spreadOf(corrected),
      verdict: verdictOf(areRates(corrected)),
    },
    coefficientSpread('Eq. 2', runs),
  ];
}

function attentionCoefficients(runs: readonly RegressionRun[]): readonly Comparison[] {
  const found = rawCoefficients(runs);
  return [
    {
      quantity: `linear attention: coefficient of x_j² y_i, mean over i and j (wanted within ${100 * coefficientBound} %)`,
      theory: learningRate,
      paper: undefined,
      ours: spreadOf(found),
      verdict: verdictOf(areRates(found)),
    },
    coefficientSpread('linear attention', runs),
  ];
}

function coefficientSpread(model: string, runs: readonly RegressionRun[]): Comparison {
  const spreads = runs.flatMap((run) => correctedCoefficients(run)?.spread ?? []);
  return {
    quantity: `${model}: largest minus smallest of the nine, in % of their mean (wanted ≤ ${100 * coefficientBound})`,
    theory: 0,
    paper: undefined,
    ours: spreadOf(spreads.map((spread) => 100 * spread)),
    verdict: verdictOf(spreads.length === 0 ? undefined : spreads.every((spread) => spread <= coefficientBound)),
  };
}

/** A neuron that forgets slowly counts an example for less the older it is; a larger coefficient makes up for it. */
function compensated(runs: readonly RegressionRun[]): Claim {
  const statement = 'Where λ is slightly below 1, a larger coefficient compensates: its mean over the ages of an example is η*.';
  const [raw, corrected] = [rawCoefficients(runs), runs.flatMap((run) => correctedCoefficients(run)?.mean ?? [])];
  if (raw.length === 0) return { statement, paper: undefined, verdict: 'not decided', because: 'no run has ended' };
  const percent = (values: readonly number[]): string => `${formatNumber(100 * (meanOf(values) / learningRate - 1))} %`;
  const because = `coefficients are ${percent(raw)} from η*, their means over ages ${percent(corrected)}`;
  const isCloser = corrected.every(
    (value, index) => Math.abs(value - learningRate) < Math.abs((raw[index] ?? value) - learningRate),
  );
  return { statement, paper: undefined, verdict: verdictOf(isCloser && areRates(corrected) === true), because };
}

function residualComparison(model: string, runs: readonly RegressionRun[], key: 'residual' | 'residualOnTask'): Comparison {
  const values = runs.flatMap(({ measurement }) => measurement[key] ?? []);
  const what = key === 'residual' ? 'all terms' : 'terms that the task determines';
  return {
    quantity: `${model}: distance of the polynomial from one gradient step, ${what}`,
    theory: 0,
    paper: key === 'residual' ? recalled('1.35e-3') : undefined,
    ours: spreadOf(values),
    verdict: 'not decided',
  };
}

function prunedComparison(runs: readonly RegressionRun[]): Comparison {
  const counts = runs.flatMap(({ measurement }) => measurement.network?.keptCount ?? []);
  return {
    quantity: 'Eq. 2: neurons left after pruning within 10 % of the loss',
    theory: `${constructionNeurons} (construction)`,
    paper: { text: `fewer than the compact construction's ${compactNeurons}`, known: 'quoted' },
    ours: spreadOf(counts),
    verdict: verdictOf(counts.length === 0 ? undefined : counts.every((count) => count < compactNeurons)),
  };
}

function nothingBelow(runs: readonly RegressionRun[]): Claim {
  const statement = 'No Eq. 2 and no one-layer linear attention ends below the optimum of one gradient step.';
  const depths = runs.flatMap(({ name, measurement: { trained, doubled } }) =>
    [trained, doubled].map(({ difference, standardError }) => ({ name, depth: difference / standardError })),
  );
  const deepest = depths.toSorted((a, b) => a.depth - b.depth)[0];
  if (deepest === undefined) return { statement, paper: undefined, verdict: 'not decided', because: 'no run has ended' };
  const because = `the lowest of ${depths.length} paired differences is ${deepest.depth.toFixed(1)} standard errors from 0 (${deepest.name}); −${standardErrorBound} would contradict`;
  return { statement, paper: undefined, verdict: verdictOf(deepest.depth > -standardErrorBound), because };
}

function fewNeurons(runs: readonly RegressionRun[]): Claim {
  const statement = `The task is solved with fewer neurons than the compact construction has (${compactNeurons}).`;
  const paper: PaperStatement = { text: 'solved with fewer neurons', known: 'quoted' };
  const small = runs.filter((run) => hiddenOf(run) < compactNeurons).toSorted((a, b) => hiddenOf(a) - hiddenOf(b));
  const solved = small.find(({ measurement }) => measurement.trained.difference <= lossBound * optimum);
  if (small.length === 0) return { statement, paper, verdict: 'not decided', because: 'no smaller network has been trained' };
  const because =
    solved === undefined
      ? `none of ${small.length} smaller networks is within ${100 * lossBound} % of the optimum`
      : `the smallest that is within ${100 * lossBound} % of the optimum has ${hiddenOf(solved)} neurons (${solved.name}: ${formatNumber((100 * solved.measurement.trained.difference) / optimum)} % above)`;
  return { statement, paper, verdict: verdictOf(solved !== undefined), because };
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
