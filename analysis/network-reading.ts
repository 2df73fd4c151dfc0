// What a trained layer of Eq. 2 has become: everything that is read from its parameters, as numbers.

import {
  drawTeacher,
  optimalStep,
  regressionLaw,
  type AttentionLayer,
  type Matrix,
  type RunConfig,
  type TaskOptions,
} from '../learning/index.js';
import type { TensorSpecification } from '../tensor/index.js';
import { canonicalForm, type CanonicalForm } from './canonical-form.js';
import { gatedLayerOf, keepNeurons, type GatedLayer } from './gated-layer.js';
import { influences, influenceThreshold, type NeuronInfluence } from './influence.js';
import { lagCoefficients, type LagCoefficient } from './lag-coefficients.js';
import { withLayer, withoutNeurons } from './layer-parameters.js';
import { mergeNeurons } from './merging.js';
import type { IsAsked } from './neuron-places.js';
import {
  attentionPolynomials,
  gatedPolynomials,
  gradientStepPolynomials,
  polynomialDistance,
  type Polynomial,
} from './polynomial.js';
import {
  exactPreconditioner,
  preconditionerDistances,
  type ExactPreconditioner,
  type PreconditionerDistances,
} from './preconditioner.js';
import { prune, type Pruned } from './pruning.js';
import { stepLayer, teacherLayer } from './reference-layer.js';
import { bestPreconditioner, type RegressionTask } from './regression-reading.js';
import { attentionScores, kindOf, type AttentionScores } from './scores.js';

/** A task whose solution by attention is known. */
export type ReadableTask = Extract<TaskOptions, { readonly name: 'in-context-regression' | 'attention-teacher' }>;

/** Coefficients of a monomial in the network and in what it is compared with. */
export interface ComparedCoefficient {
  readonly output: number;
  readonly monomial: string;
  readonly found: number;
  readonly wanted: number;
}

/** The instantaneous polynomial beside the one of theory. */
export interface PolynomialReading {
  /** Normalized L2 distance over all coefficients, and over those that the task determines. */
  readonly distance: number;
  readonly distanceOnTask: number;
  readonly coefficients: readonly ComparedCoefficient[];
}

/** Neurons that stay after pruning, by what they do. */
export interface PrunedReading extends Pruned {
  readonly remembering: number;
  readonly forgetting: number;
  readonly between: number;
}

/** The network written with the neurons of the exact construction (merging.ts). */
export interface MergedReading {
  readonly remembering: number;
  readonly forgetting: number;
  readonly loss: number;
}

/** Everything that is read from a layer. */
export interface NetworkReading {
  readonly layer: GatedLayer;
  readonly neurons: readonly NeuronInfluence[];
  /** Neurons whose influence is above the threshold, and how many of those remember (λ > 0.9) or forget (λ < 0.1). */
  readonly influential: { readonly count: number; readonly remembering: number; readonly forgetting: number };
  readonly pruned: PrunedReading;
  /** Undefined where the network has fewer neurons than the construction. */
  readonly merged: MergedReading | undefined;
  /** The neurons that stay after pruning beside those of the exact construction; undefined where none stay. */
  readonly canonical: CanonicalForm | undefined;
  readonly polynomial: PolynomialReading;
  /** With a teacher. */
  readonly scores: AttentionScores | undefined;
  /** In regression: the coefficient of every example, and η* of theory. */
  readonly lags: readonly LagCoefficient[] | undefined;
  readonly learningRate: number | undefined;
  /** In regression: the Γ of the weights, and its distances from Γ* of theory. */
  readonly preconditioner: (ExactPreconditioner & PreconditionerDistances) | undefined;
}

/** Where the reading finds what it needs. */
export interface ReadingSources {
  readonly tensors: readonly TensorSpecification[];
  readonly parameters: Float32Array;
  /** The loss on held-out sequences. */
  readonly lossOf: (parameters: Float32Array) => number;
  /** How far the loss may rise by pruning, as a share. */
  readonly tolerance: number;
  /** Γ* of theory [d_x, d_x] for a law of inputs whose directions differ; η* I without it. */
  readonly preconditionerOf?: (task: RegressionTask) => Matrix;
}

/** The task, where a run is one that can be read: one layer of Eq. 2, bare, on a task that attention solves. */
export function readableTask({ model, task }: RunConfig): ReadableTask | undefined {
  const isBare = model.name === 'gated-rnn' && model.layers === 1 && model.embedding === null && !model.readout;
  if (!isBare || model.normalization !== 'none' || model.skip || model.convolution !== 1) return undefined;
  if (task.name === 'attention-teacher') return task;
  // The polynomial of a step that weighs directions differently is not among those that are known.
  return task.name === 'in-context-regression' && task.covariance.law === 'isotropic' ? task : undefined;
}

/** Reads a layer. */
export function readNetwork(task: ReadableTask, sources: ReadingSources): NetworkReading {
  const { tensors, parameters, lossOf, tolerance } = sources;
  const layer = gatedLayerOf(tensors, parameters);
  const neurons = influences(layer);
  const counted = neurons.filter(({ influence }) => influence >= influenceThreshold).map(({ decay }) => decay);
  const pruned = prune(neurons, {
    lossOf: (kept) => lossOf(withoutNeurons(tensors, parameters, kept)),
    largestLoss: (original) => original * (1 + tolerance),
  });
  const shared = { layer, neurons, influential: counts(counted), pruned: { ...pruned, ...counts(decaysOf(layer, pruned.kept)) } };
  const small = keepNeurons(layer, pruned.kept);
  return task.name === 'attention-teacher'
    ? { ...shared, ...readImitation(task, { layer, small, sources }) }
    : { ...shared, ...readStep(task, { layer, small, sources }) };
}

interface ReadLayer {
  readonly layer: GatedLayer;
  /** After pruning. */
  readonly small: GatedLayer;
  readonly sources: ReadingSources;
}

type TaskReading = Pick<
  NetworkReading,
  'canonical' | 'merged' | 'polynomial' | 'scores' | 'lags' | 'learningRate' | 'preconditioner'
>;

function readImitation(
  task: Extract<ReadableTask, { readonly name: 'attention-teacher' }>,
  { layer, small, sources }: ReadLayer,
): TaskReading {
  const teacher: AttentionLayer = drawTeacher(task.teacherSeed, task.dimension, task.tokenCount, task.rank);
  const reference = teacherLayer(teacher);
  return {
    canonical: hasNeurons(small) ? canonicalForm(small, reference) : undefined,
    merged: readMerged({ layer, reference, isAsked: () => true }, sources),
    polynomial: comparePolynomials(gatedPolynomials(layer), attentionPolynomials(teacher), () => true),
    scores: attentionScores(layer, teacher),
    lags: undefined,
    learningRate: undefined,
    preconditioner: undefined,
  };
}

function readStep(task: RegressionTask, { layer, small, sources }: ReadLayer): TaskReading {
  const { preconditionerOf = bestPreconditioner } = sources;
  const { inputDimension, outputDimension } = task;
  const learningRate = optimalStep(regressionLaw(task, 'train'));
  const wanted = preconditionerOf(task);
  const isOutput = (input: number): boolean => input >= inputDimension && input < inputDimension + outputDimension;
  const isAsked = (a: number, b: number): boolean => !isOutput(a) && !isOutput(b);
  const reference = stepLayer(outputDimension, wanted);
  const exact = exactPreconditioner(layer, task);
  return {
    canonical: hasNeurons(small) ? canonicalForm(small, reference, isAsked) : undefined,
    merged: readMerged({ layer, reference, isAsked }, sources),
    polynomial: comparePolynomials(
      gatedPolynomials(layer),
      gradientStepPolynomials(inputDimension, outputDimension, learningRate),
      (exponents) => isOnTask(exponents, task),
    ),
    scores: undefined,
    lags: lagCoefficients(layer, task),
    learningRate,
    preconditioner: { ...exact, ...preconditionerDistances(exact.matrix, wanted) },
  };
}

interface Merge {
  readonly layer: GatedLayer;
  readonly reference: GatedLayer;
  readonly isAsked: IsAsked;
}

function readMerged(
  { layer, reference, isAsked }: Merge,
  { tensors, parameters, lossOf }: ReadingSources,
): MergedReading | undefined {
  if (reference.decays.length > layer.decays.length) return undefined;
  const { remembering, forgetting } = counts(reference.decays);
  return { remembering, forgetting, loss: lossOf(withLayer(tensors, parameters, mergeNeurons(layer, reference, isAsked))) };
}

const hasNeurons = ({ decays }: GatedLayer): boolean => decays.length > 0;

function counts(decays: readonly number[]): {
  readonly count: number;
  readonly remembering: number;
  readonly forgetting: number;
  readonly between: number;
} {
  const remembering = decays.filter((decay) => kindOf(decay) === 'remembers').length;
  const forgetting = decays.filter((decay) => kindOf(decay) === 'forgets').length;
  return { count: decays.length, remembering, forgetting, between: decays.length - remembering - forgetting };
}

const decaysOf = ({ decays }: GatedLayer, kept: readonly number[]): readonly number[] => kept.map((neuron) => decays[neuron]!);

/**
 * Whether the query's answer depends on a monomial of the instantaneous polynomial: products of an example's y with its x and the query's x have
 * one factor of y and two of x here. The query itself comes with y = 0, so terms in y alone or in several y are free.
 */
function isOnTask(exponents: readonly number[], { inputDimension }: RegressionTask): boolean {
  const degree = (part: readonly number[]): number => part.reduce((sum, x) => sum + x, 0);
  return degree(exponents.slice(inputDimension)) === 1 && degree(exponents.slice(0, inputDimension)) === 2;
}

function comparePolynomials(
  found: readonly Polynomial[],
  wanted: readonly Polynomial[],
  isCounted: (exponents: readonly number[]) => boolean,
): PolynomialReading {
  const coefficients = wanted.flatMap((polynomial, output) => {
    const other = found[output] ?? new Map<string, number>();
    return [...new Set([...polynomial.keys(), ...other.keys()])].map((monomial) => {
      return { output, monomial, found: other.get(monomial) ?? 0, wanted: polynomial.get(monomial) ?? 0 };
    });
  });
  return {
    distance: polynomialDistance(found, wanted),
    distanceOnTask: polynomialDistance(found, wanted, isCounted),
    coefficients,
  };
}
