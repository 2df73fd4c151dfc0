// What a network of any kind does on an in-context regression, read from its answers to held-out sequences: those of every evaluation.

import {
  bindTask,
  createLearner,
  optimalPreconditioner,
  regressionLaw,
  type Matrix,
  type BoundModel,
  type TaskOptions,
} from '../learning/index.js';
import { alignment, stepPredictions, type Alignment } from './alignment.js';
import { compareAlgorithms, type AlgorithmComparison } from './algorithm-comparison.js';
import {
  fitPreconditioner,
  preconditionerDistances,
  type PreconditionerDistances,
  type PreconditionerFit,
} from './preconditioner.js';
import { spectraOf, tunedAlgorithms } from './regression-algorithms.js';
import { answerRegression, drawRegression, type AnsweredSequence } from './regression-sequences.js';
import type { SequenceSource } from './single-sequences.js';
import { difference, estimate, lossesOf, type Estimate } from './statistics.js';

/** The options of in-context regression. */
export type RegressionTask = Extract<TaskOptions, { readonly name: 'in-context-regression' }>;

/** A task and what learned it. */
export interface RegressionRun {
  readonly task: RegressionTask;
  readonly model: BoundModel;
}

/** Losses of the network and of one step on sequences of one law. */
export interface StepLosses {
  /** Variance of the entries of W. */
  readonly weightVariance: number;
  readonly network: Estimate;
  readonly step: Estimate;
  /** Network − step, sequence by sequence. */
  readonly excess: Estimate;
}

/** A fitted Γ with its distances from theory. */
export interface PreconditionerReading extends PreconditionerFit, PreconditionerDistances {
  /** Γ* of theory. */
  readonly wanted: Matrix;
}

/** Everything that is read from answers. */
export interface RegressionReading {
  readonly sequenceCount: number;
  readonly alignment: Alignment;
  /** At the variance of W that the network was trained with, and at twice that. */
  readonly variances: readonly [trained: StepLosses, doubled: StepLosses];
  /** Undefined where Γ has too many entries for the sequences. */
  readonly preconditioner: PreconditionerReading | undefined;
  readonly comparison: AlgorithmComparison;
  /** Predictions of network and step, output by output, for a figure. */
  readonly predictions: readonly { readonly network: number; readonly step: number }[];
}

/** The best Γ of one step for the task's law of inputs, [d_x, d_x]: η* I where all directions are alike. */
export const bestPreconditioner = (task: RegressionTask): Matrix => optimalPreconditioner(regressionLaw(task, 'train'));

/**
 * Reads a network's answers. `preconditionerOf` gives Γ* of theory, [d_x, d_x], for a law of inputs whose directions differ. Throws RangeError where an
 * answer is no finite number.
 */
export function readRegression(
  { task, model }: RegressionRun,
  parameters: Float32Array,
  source: SequenceSource,
  preconditionerOf: (task: RegressionTask) => Matrix = bestPreconditioner,
): RegressionReading {
  const { weightVariance } = regressionLaw(task, 'train');
  const answersAt = (variance: number): readonly AnsweredSequence[] => {
    const learner = createLearner(bindTask({ ...task, testWeightVariance: variance }), model);
    return requireFinite(answerRegression(learner, parameters, { ...source, purpose: 'test' }));
  };
  const wanted = preconditionerOf(task);
  const sequences = answersAt(weightVariance);
  const answers = sequences.map(({ prediction }) => prediction);
  const steps = stepPredictions(sequences, wanted);
  const tuning = drawRegression(bindTask(task), { ...source, purpose: 'train' });
  return {
    sequenceCount: sequences.length,
    alignment: alignment(sequences, wanted),
    variances: [
      stepLosses(sequences, wanted, weightVariance),
      stepLosses(answersAt(2 * weightVariance), wanted, 2 * weightVariance),
    ],
    preconditioner: readPreconditioner(sequences, wanted),
    comparison: compareAlgorithms(sequences, tunedAlgorithms(spectraOf(tuning))),
    predictions: answers.flatMap((answer, n) => answer.map((network, o) => ({ network, step: steps[n]![o]! }))),
  };
}

/** Entries of Γ that are fitted at most: the time of a fit grows with their square. */
const fittedEntries = 1024;

function readPreconditioner(sequences: readonly AnsweredSequence[], wanted: Matrix): PreconditionerReading | undefined {
  const answers = sequences.map(({ prediction }) => prediction);
  const entries = wanted.flat().length;
  if (entries > fittedEntries || 2 * entries > answers.flat().length) return undefined;
  const fit = fitPreconditioner(sequences, answers);
  return { ...fit, ...preconditionerDistances(fit.matrix, wanted), wanted };
}

/** Losses of the network and of the step Γ on sequences whose W has a variance. */
export function stepLosses(sequences: readonly AnsweredSequence[], preconditioner: Matrix, weightVariance: number): StepLosses {
  const network = lossesOf(
    sequences,
    sequences.map(({ prediction }) => prediction),
  );
  const step = lossesOf(sequences, stepPredictions(sequences, preconditioner));
  return {
    weightVariance,
    network: estimate(network),
    step: estimate(step),
    excess: estimate(difference(network, step)),
  };
}

function requireFinite(sequences: readonly AnsweredSequence[]): readonly AnsweredSequence[] {
  const wrong = sequences.findIndex(
    ({ prediction, sensitivity }) => ![...prediction, ...sensitivity.flat()].every(Number.isFinite),
  );
  if (wrong >= 0) throw new RangeError(`Cannot read answers: sequence ${wrong} has one that is not finite, finite ones wanted`);
  return sequences;
}
