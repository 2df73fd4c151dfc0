// What is measured of a run of E3: its loss beside one gradient step on the same sequences, at the variance of W* that it was trained with and
// at twice that, and what its parameters say.

import { z } from 'zod';
import {
  attentionPolynomials,
  gradientStepPolynomials,
  influenceThreshold,
  polynomialDistance,
  readNetwork,
} from '../../analysis/index.js';
import {
  namedViews,
  optimalStep,
  regressionLaw,
  type AttentionLayer,
  type Matrix,
  type TaskOptions,
} from '../../learning/index.js';
import { inputLayout, type TensorSpecification } from '../../tensor/index.js';
import { evaluateRun, lossFunction } from '../evaluate-run.js';
import type { TrainedRun } from '../experiment.js';

const paired = z.object({
  sequences: z.number(),
  loss: z.number(),
  gradientDescent: z.number(),
  /** Loss − gradient descent, sequence by sequence, and the standard error of that mean. */
  difference: z.number(),
  standardError: z.number(),
});

const byAge = z.object({ age: z.number(), mean: z.number(), minimum: z.number(), maximum: z.number() });

/** What is measured of a run. */
export const regressionMeasurement = z.object({
  trained: paired,
  doubled: paired,
  /** Of x_j² y_i in the answer to a first token, for every i and j. */
  coefficients: z.array(z.number()).nullable(),
  /** What an example counts by its age; the same at every age for attention. */
  lags: z.array(byAge).nullable(),
  /** Normalized distance from the polynomial of a gradient step: of all terms, and of those that the task determines. */
  residual: z.number().nullable(),
  residualOnTask: z.number().nullable(),
  network: z
    .object({
      /** Neurons above the threshold of influence. */
      influentialDecays: z.array(z.number()),
      keptCount: z.number(),
      rememberingCount: z.number(),
      forgettingCount: z.number(),
      prunedLoss: z.number(),
      originalLoss: z.number(),
    })
    .nullable(),
});
/** What is measured of a run. */
export type RegressionMeasurement = z.output<typeof regressionMeasurement>;

type RegressionTask = Extract<TaskOptions, { readonly name: 'in-context-regression' }>;

/** Held-out sequences: enough that 0.5 % of the optimum is many standard errors. */
const sequences = 1_000_000;
const pruningSequences = 16_384;
const pruningTolerance = 0.1;

/** Measures a run. Throws RangeError where its task is another one. */
export function measureRegression(run: TrainedRun): RegressionMeasurement {
  const { task } = run.config;
  if (task.name !== 'in-context-regression') {
    throw new RangeError(`Cannot measure ${run.name}: task ${task.name} found, in-context-regression wanted`);
  }
  const doubledVariance = 2 * regressionLaw(task, 'train').weightVariance;
  return {
    trained: measurePair(run, task),
    doubled: measurePair(run, { ...task, testWeightVariance: doubledVariance }),
    ...readParameters(run, task),
  };
}

function measurePair(run: TrainedRun, task: RegressionTask): RegressionMeasurement['trained'] {
  const summary = evaluateRun(run, { sequences, task });
  const { testLoss, gradientDescent, difference, standardError } = summary;
  if (gradientDescent === null || difference === null || standardError === null) {
    throw new RangeError(`Cannot measure ${run.name}: no gradient step beside it found, one wanted`);
  }
  return { sequences: summary.sequences, loss: testLoss, gradientDescent, difference, standardError };
}

type Reading = Omit<RegressionMeasurement, 'trained' | 'doubled'>;

function readParameters(run: TrainedRun, task: RegressionTask): Reading {
  const tensors = inputLayout(run.plan.trainProgram);
  switch (run.config.model.name) {
    case 'gated-rnn':
      return readGated(run, task, tensors);
    case 'linear-attention':
      return readAttention(run, task, tensors);
    default:
      return { coefficients: null, lags: null, residual: null, residualOnTask: null, network: null };
  }
}

function readGated(run: TrainedRun, task: RegressionTask, tensors: readonly TensorSpecification[]): Reading {
  const { parameters } = run;
  const reading = readNetwork(task, {
    tensors,
    parameters,
    tolerance: pruningTolerance,
    lossOf: lossFunction(run, pruningSequences),
  });
  const { polynomial, lags, neurons, pruned } = reading;
  return {
    coefficients: polynomial.coefficients.filter(({ wanted }) => wanted !== 0).map(({ found }) => found),
    lags: (lags ?? []).map((lag) => ({ ...lag })),
    residual: polynomial.distance,
    residualOnTask: polynomial.distanceOnTask,
    network: {
      influentialDecays: neurons.filter(({ influence }) => influence >= influenceThreshold).map(({ decay }) => decay),
      keptCount: pruned.kept.length,
      rememberingCount: pruned.remembering,
      forgettingCount: pruned.forgetting,
      prunedLoss: pruned.loss,
      originalLoss: pruned.originalLoss,
    },
  };
}

function readAttention({ parameters }: TrainedRun, task: RegressionTask, tensors: readonly TensorSpecification[]): Reading {
  const { inputDimension, outputDimension, contextLength } = task;
  const found = attentionPolynomials(attentionLayerOf(tensors, parameters));
  const wanted = gradientStepPolynomials(inputDimension, outputDimension, optimalStep(regressionLaw(task, 'train')));
  const coefficients = wanted.flatMap((polynomial, output) => [...polynomial.keys()].map((key) => found[output]?.get(key) ?? 0));
  const mean = coefficients.reduce((sum, x) => sum + x, 0) / coefficients.length;
  const range = { mean, minimum: Math.min(...coefficients), maximum: Math.max(...coefficients) };
  return {
    coefficients,
    lags: Array.from({ length: contextLength }, (_, index) => ({ age: index + 1, ...range })),
    residual: polynomialDistance(found, wanted),
    residualOnTask: polynomialDistance(found, wanted, (exponents) => isDetermined(exponents, inputDimension)),
    network: null,
  };
}

/** The query comes with y = 0: only terms with one factor of y and two of x reach its answer. */
function isDetermined(exponents: readonly number[], inputDimension: number): boolean {
  const degree = (part: readonly number[]): number => part.reduce((sum, x) => sum + x, 0);
  return degree(exponents.slice(inputDimension)) === 1 && degree(exponents.slice(0, inputDimension)) === 2;
}

function attentionLayerOf(tensors: readonly TensorSpecification[], parameters: Float32Array): AttentionLayer {
  const views = namedViews(tensors, parameters);
  const read = (name: string): Matrix => {
    const specification = tensors.find((tensor) => tensor.name === `layer0.${name}`);
    const view = views.get(`layer0.${name}`);
    if (specification === undefined || view === undefined) {
      throw new RangeError(`Cannot read layer: no parameter "layer0.${name}" found, those of linear attention wanted`);
    }
    const { rows, columns } = specification;
    return Array.from({ length: rows }, (_, row) => Array.from(view.subarray(row * columns, (row + 1) * columns)));
  };
  return { query: read('query'), key: read('key'), value: read('value') };
}
