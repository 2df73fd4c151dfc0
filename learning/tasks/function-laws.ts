// Laws of functions f: R^d → R (Garg et al. 2022).   x: [R, d]   f(x): [R, 1]
//
// What a linear model can learn of them in one step of gradient descent depends on three numbers, for x, x' ~ N(0, I) and y = f(x), y' = f(x'):
//   class               f(x)                                                     E y²   c = E y y' (x·x') / d     m = E y² |x|² / d
//   linear              w·x, w ~ N(0, I)                                         d      1                         d + 2
//   sparse-linear       the same, all but k of the d entries of w zero           k      k / d                     k (d + 2) / d
//   two-layer-network   Σ_j a_j max(0, v_j·x), j ≤ r; v ~ N(0, 1), a ~ N(0, 2/r)   d      1/2                       d + 2
//   decision-tree       leaves ~ N(0, 1) (decision-tree.ts)                      1      (2/π) E s^D (2s − 1)      1
// c of the network: its part that is odd in x is half of a linear function, the even rest does not overlap with x·x'.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { drawTree, evaluateTree, treeCorrelation } from './decision-tree.js';
import { weightedPlaces } from './draws.js';

/** The class that functions are drawn from. */
export const functionsSchema = z
  .discriminatedUnion('class', [
    z.strictObject({ class: z.literal('linear').describe('w·x, entries of w standard normal') }),
    z.strictObject({
      class: z.literal('sparse-linear').describe('the same with few entries of w that are not zero'),
      nonzero: z.int().min(1).max(1024).default(3).describe('entries of w that are not zero'),
    }),
    z.strictObject({
      class: z.literal('two-layer-network').describe('a random network with one hidden layer of rectified units'),
      hidden: z.int().min(1).max(4096).default(100).describe('hidden units'),
    }),
    z.strictObject({
      class: z.literal('decision-tree').describe('a random tree; an inner node asks whether one entry of x is positive'),
      depth: z.int().min(1).max(8).default(4).describe('questions on the way to a leaf'),
    }),
  ])
  .prefault({ class: 'linear' })
  .describe('class of the functions');

/** A class of functions with its options. */
export type FunctionsOptions = z.output<typeof functionsSchema>;

/** A law of functions of d numbers. */
export interface FunctionLaw {
  /** E y². */
  readonly meanSquare: number;
  /** c = E y y' (x·x') / d for two examples of one function. */
  readonly correlation: number;
  /** m = E y² |x|² / d. */
  readonly spread: number;
  /** The smallest half MSE that is possible after so many examples, where theory knows it. */
  smallestLoss(exampleCount: number): number | null;
  /** Draws a function; it maps x [R, d] to [R, 1]. */
  draw(builder: ProgramBuilder): (x: Value) => Value;
}

/** The law of a class in d dimensions. */
export function functionLaw(options: FunctionsOptions, dimension: number): FunctionLaw {
  switch (options.class) {
    case 'linear':
      return linear(dimension);
    case 'sparse-linear':
      return sparseLinear(dimension, options.nonzero);
    case 'two-layer-network':
      return twoLayerNetwork(dimension, options.hidden);
    case 'decision-tree':
      return decisionTree(dimension, options.depth);
  }
}

function linear(dimension: number): FunctionLaw {
  return {
    meanSquare: dimension,
    correlation: 1,
    spread: dimension + 2,
    // Least squares, of minimal norm while there are fewer examples than entries of w: it misses the directions it has not seen.
    smallestLoss: (exampleCount) => Math.max(0, dimension - exampleCount) / 2,
    draw: (builder) => {
      const w = builder.normal(1, dimension);
      return (x) => builder.product(x, w, 'nt');
    },
  };
}

function sparseLinear(dimension: number, nonzero: number): FunctionLaw {
  return {
    meanSquare: nonzero,
    correlation: nonzero / dimension,
    spread: (nonzero * (dimension + 2)) / dimension,
    // One example more than unknowns tells the right entries from all others.
    smallestLoss: (exampleCount) => (exampleCount >= Math.min(nonzero + 1, dimension) ? 0 : null),
    draw: (builder) => {
      const w = drawSparse(builder, dimension, nonzero);
      return (x) => builder.product(x, w, 'nt');
    },
  };
}

/** Weights [1, d], all but `nonzero` of them zero. */
export function drawSparse(builder: ProgramBuilder, dimension: number, nonzero: number): Value {
  const places = weightedPlaces(builder, nonzero, new Array<number>(dimension).fill(1));
  const isNonzero = builder.transpose(builder.sum(places, 'columns'));
  return builder.multiply(builder.normal(1, dimension), isNonzero);
}

/** Weights of a network: hidden [r, d], output [1, r]. */
export interface TwoLayerWeights {
  readonly hidden: Value;
  readonly output: Value;
}

function twoLayerNetwork(dimension: number, hidden: number): FunctionLaw {
  return {
    meanSquare: dimension,
    correlation: 1 / 2,
    spread: dimension + 2,
    smallestLoss: () => null,
    draw: (builder) => {
      const weights = drawNetwork(builder, dimension, hidden);
      return (x) => evaluateNetwork(builder, weights, x);
    },
  };
}

/** Standard normal weights to hidden units, normal ones of variance 2 / r from them. */
export function drawNetwork(builder: ProgramBuilder, dimension: number, hidden: number): TwoLayerWeights {
  return {
    hidden: builder.normal(hidden, dimension),
    output: builder.multiply(builder.normal(1, hidden), Math.sqrt(2 / hidden)),
  };
}

/** Σ_j a_j max(0, v_j·x): [R, d] → [R, 1]. */
export function evaluateNetwork(builder: ProgramBuilder, { hidden, output }: TwoLayerWeights, x: Value): Value {
  return builder.product(builder.maximum(builder.product(x, hidden, 'nt'), 0), output, 'nt');
}

function decisionTree(dimension: number, depth: number): FunctionLaw {
  return {
    meanSquare: 1,
    correlation: treeCorrelation(dimension, depth),
    spread: 1,
    smallestLoss: () => null,
    draw: (builder) => {
      const tree = drawTree(builder, dimension, depth);
      return (x) => evaluateTree(builder, tree, x);
    },
  };
}
