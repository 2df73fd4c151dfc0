// What a trained layer of Eq. 2 has become: everything that is read from its parameters, as numbers.

import {
  drawTeacher,
  namedViews,
  optimalStep,
  regressionLaw,
  type AttentionLayer,
  type RunConfig,
  type TaskOptions,
} from '../learning/index.js';
import type { TensorSpecification } from '../tensor/index.js';
import { gatedLayerOf, type GatedLayer } from './gated-layer.js';
import { influences, influenceThreshold, type NeuronInfluence } from './influence.js';
import { lagCoefficients, type LagCoefficient } from './lag-coefficients.js';
import {
  attentionPolynomials,
  gatedPolynomials,
  gradientStepPolynomials,
  polynomialDistance,
  type Polynomial,
} from './polynomial.js';
import { prune, type Pruned } from './pruning.js';
import { attentionScores, decayBounds, type AttentionScores } from './scores.js';

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

/** Everything that is read from a layer. */
export interface NetworkReading {
  readonly layer: GatedLayer;
  readonly neurons: readonly NeuronInfluence[];
  /** Neurons whose influence is above the threshold, and how many of those remember (λ > 0.9) or forget (λ < 0.1). */
  readonly influential: { readonly count: number; readonly remembering: number; readonly forgetting: number };
  readonly pruned: PrunedReading;
  readonly polynomial: PolynomialReading;
  /** With a teacher. */
  readonly scores: AttentionScores | undefined;
  /** In regression: the coefficient of every example, and η* of theory. */
  readonly lags: readonly LagCoefficient[] | undefined;
  readonly learningRate: number | undefined;
}

/** Where the reading finds what it needs. */
export interface ReadingSources {
  readonly tensors: readonly TensorSpecification[];
  readonly parameters: Float32Array;
  /** The loss on held-out sequences. */
  readonly lossOf: (parameters: Float32Array) => number;
  /** How far the loss may rise by pruning, as a share. */
  readonly tolerance: number;
}

/** The task, where a run is one that can be read: one layer of Eq. 2, bare, on a task that attention solves. */
export function readableTask({ model, task }: RunConfig): ReadableTask | undefined {
  const isBare = model.name === 'gated-rnn' && model.layers === 1 && model.embedding === null && !model.readout;
  if (!isBare || model.normalization !== 'none' || model.skip || model.convolution !== 1) return undefined;
  return task.name === 'in-context-regression' || task.name === 'attention-teacher' ? task : undefined;
}

/** Reads a layer. */
export function readNetwork(task: ReadableTask, { tensors, parameters, lossOf, tolerance }: ReadingSources): NetworkReading {
  const layer = gatedLayerOf(tensors, parameters);
  const neurons = influences(layer);
  const counted = neurons.filter(({ influence }) => influence >= influenceThreshold).map(({ decay }) => decay);
  const pruned = prune(neurons, { tolerance, lossOf: (kept) => lossOf(withoutNeurons(tensors, parameters, kept)) });
  const found = gatedPolynomials(layer);
  const shared = { layer, neurons, influential: counts(counted), pruned: { ...pruned, ...counts(decaysOf(layer, pruned.kept)) } };
  if (task.name === 'attention-teacher') {
    const teacher: AttentionLayer = drawTeacher(task.teacherSeed, task.dimension, task.tokenCount, task.rank);
    const polynomial = comparePolynomials(found, attentionPolynomials(teacher), () => true);
    return { ...shared, polynomial, scores: attentionScores(layer, teacher), lags: undefined, learningRate: undefined };
  }
  const learningRate = optimalStep(regressionLaw(task, 'train'));
  const wanted = gradientStepPolynomials(task.inputDimension, task.outputDimension, learningRate);
  const polynomial = comparePolynomials(found, wanted, (exponents) => isOnTask(exponents, task));
  return { ...shared, polynomial, scores: undefined, lags: lagCoefficients(layer, task), learningRate };
}

function counts(decays: readonly number[]): {
  readonly count: number;
  readonly remembering: number;
  readonly forgetting: number;
  readonly between: number;
} {
  const remembering = decays.filter((decay) => decay > decayBounds.remembers).length;
  const forgetting = decays.filter((decay) => decay < decayBounds.forgets).length;
  return { count: decays.length, remembering, forgetting, between: decays.length - remembering - forgetting };
}

const decaysOf = ({ decays }: GatedLayer, kept: readonly number[]): readonly number[] => kept.map((neuron) => decays[neuron]!);

/**
 * Whether the query's answer depends on a monomial of the instantaneous polynomial: products of an example's y with its x and the query's x have
 * one factor of y and two of x here. The query itself comes with y = 0, so terms in y alone or in several y are free.
 */
function isOnTask(
  exponents: readonly number[],
  { inputDimension }: Extract<ReadableTask, { readonly name: 'in-context-regression' }>,
): boolean {
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

/** The parameters with only these neurons left: what the others write is zero. */
function withoutNeurons(
  tensors: readonly TensorSpecification[],
  parameters: Float32Array,
  kept: readonly number[],
): Float32Array {
  const pruned = parameters.slice();
  const isKept = new Set(kept);
  const views = namedViews(tensors, pruned);
  for (const { name, rows, columns } of tensors) {
    if (name !== 'layer0.inputGate.m') continue;
    for (let neuron = 0; neuron < rows; neuron += 1) {
      if (!isKept.has(neuron)) views.get(name)?.fill(0, neuron * columns, (neuron + 1) * columns);
    }
  }
  return pruned;
}
