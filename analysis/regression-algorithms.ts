// What known algorithms answer to an in-context regression. All of them filter the spectrum of the examples' Gram matrix Σ_t x_t x_tᵀ = V diag(g) Vᵀ:
//   ŷ_o = Σ_v (S V)_ov f(g_v) (Vᵀ x_q)_v        S = Σ_t y_t x_tᵀ
//   k steps of gradient descent from zero weights, rate η    f(g) = (1 − (1 − η g)^k) / g        W ← W + η Σ_t (y_t − W x_t) x_tᵀ
//   least squares (of least norm)                            f(g) = 1 / g, 0 where g = 0
//   ridge regression                                         f(g) = 1 / (g + α)
// Rates and α are tuned to the least loss on sequences of the law of training.

import { EigenvalueDecomposition, Matrix as Dense } from 'ml-matrix';
import { multiply } from '../learning/index.js';
import type { RegressionSequence } from './regression-sequences.js';
import { dot, sum } from './statistics.js';

/** A function of an eigenvalue of the Gram matrix. */
export type SpectralFilter = (eigenvalue: number) => number;

/** A sequence in the eigenbasis of its Gram matrix. */
export interface SpectralSequence {
  /** g: [d_x], none below zero. */
  readonly eigenvalues: readonly number[];
  /** (S V)_ov (Vᵀ x_q)_v: [d_y] of [d_x]. */
  readonly products: readonly (readonly number[])[];
  readonly target: readonly number[];
}

/** An algorithm with its tuned setting, where it has one. */
export interface RegressionAlgorithm {
  readonly name: string;
  /** The rate η or the penalty α. */
  readonly setting: { readonly symbol: 'η' | 'α'; readonly value: number } | undefined;
  readonly filter: SpectralFilter;
}

/** Eigenvalues below this share of the largest are those of directions that no example has. */
const rankTolerance = 1e-12;

/** Sequences, each in its eigenbasis. */
export function spectraOf(sequences: readonly RegressionSequence[]): readonly SpectralSequence[] {
  return sequences.map(({ gram, moments, query, target }) => {
    const decomposition = new EigenvalueDecomposition(new Dense(gram.map((row) => [...row])), { assumeSymmetric: true });
    const basis = decomposition.eigenvectorMatrix.to2DArray();
    const coordinates = multiply([query], basis)[0]!;
    const products = multiply(moments, basis).map((row) => row.map((s, v) => s * coordinates[v]!));
    const raw = decomposition.realEigenvalues;
    const least = rankTolerance * Math.max(...raw);
    return { eigenvalues: raw.map((g) => (g > least ? g : 0)), products, target };
  });
}

/** What an algorithm predicts: [N] of [d_y]. */
export function predictionsOf(spectra: readonly SpectralSequence[], filter: SpectralFilter): readonly (readonly number[])[] {
  return spectra.map(({ eigenvalues, products }) => {
    const factors = eigenvalues.map(filter);
    return products.map((row) => dot(row, factors));
  });
}

/** Half the mean squared error per output of an algorithm; tuning asks for it often. */
export function lossOfFilter(spectra: readonly SpectralSequence[], filter: SpectralFilter): number {
  let [total, count] = [0, 0];
  for (const { eigenvalues, products, target } of spectra) {
    const factors = eigenvalues.map(filter);
    for (let o = 0; o < target.length; o += 1) {
      const error = dot(products[o]!, factors) - target[o]!;
      total += error * error;
    }
    count += target.length;
  }
  return total / (2 * count);
}

/** `stepCount` steps of gradient descent of one rate. */
export function gradientDescentFilter(stepCount: number, rate: number): SpectralFilter {
  return (g) => (g === 0 ? stepCount * rate : (1 - (1 - rate * g) ** stepCount) / g);
}

/** Least squares of least norm. */
export const leastSquaresFilter: SpectralFilter = (g) => (g === 0 ? 0 : 1 / g);

/** Ridge regression. */
export function ridgeFilter(penalty: number): SpectralFilter {
  return (g) => 1 / (g + penalty);
}

/** Gradient descent of so many steps with the best constant rate on these sequences: the loss is nearly convex in the rate. */
export function tuneGradientDescent(spectra: readonly SpectralSequence[], stepCount: number): RegressionAlgorithm {
  const lossAt = (rate: number): number => lossOfFilter(spectra, gradientDescentFilter(stepCount, rate));
  const value = minimize(lossAt, [0, 4 / meanEigenvalue(spectra)]);
  const name = stepCount === 1 ? '1 step of gradient descent' : `${stepCount} steps of gradient descent`;
  return { name, setting: { symbol: 'η', value }, filter: gradientDescentFilter(stepCount, value) };
}

/** Ridge regression with the best penalty on these sequences, between 10⁻⁶ and 10³ mean eigenvalues. */
export function tuneRidge(spectra: readonly SpectralSequence[]): RegressionAlgorithm {
  const scale = meanEigenvalue(spectra);
  const penaltyAt = (exponent: number): number => scale * 10 ** exponent;
  const value = penaltyAt(minimize((exponent) => lossOfFilter(spectra, ridgeFilter(penaltyAt(exponent))), [-6, 3]));
  return { name: 'ridge regression', setting: { symbol: 'α', value }, filter: ridgeFilter(value) };
}

/** Gradient descent of each number of steps, least squares and, where a penalty lowers the loss, ridge regression; tuned on these sequences. */
export function tunedAlgorithms(
  spectra: readonly SpectralSequence[],
  stepCounts: readonly number[] = [1, 2, 3, 5, 10],
): readonly RegressionAlgorithm[] {
  const leastSquares = { name: 'least squares', setting: undefined, filter: leastSquaresFilter };
  const ridge = tuneRidge(spectra);
  const helps = lossOfFilter(spectra, ridge.filter) < 0.999 * lossOfFilter(spectra, leastSquares.filter);
  return [...stepCounts.map((stepCount) => tuneGradientDescent(spectra, stepCount)), leastSquares, ...(helps ? [ridge] : [])];
}

function meanEigenvalue(spectra: readonly SpectralSequence[]): number {
  const all = spectra.flatMap(({ eigenvalues }) => eigenvalues);
  return sum(all) / all.length;
}

const goldenRatio = (Math.sqrt(5) - 1) / 2;

/** Where a function with one minimum has it, to 10⁻⁵ of the interval (golden section). */
function minimize(f: (x: number) => number, [from, to]: readonly [number, number]): number {
  let [low, high] = [from, to];
  let [left, right] = [high - goldenRatio * (high - low), low + goldenRatio * (high - low)];
  let [atLeft, atRight] = [f(left), f(right)];
  while (high - low > 1e-5 * (to - from)) {
    if (atLeft <= atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - goldenRatio * (high - low);
      atLeft = f(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + goldenRatio * (high - low);
      atRight = f(right);
    }
  }
  return (low + high) / 2;
}
