// The step of preconditioned gradient descent that comes nearest to a network: ŷ ≈ Σ_t y_t x_tᵀ Γ x_q, Γ: [d_x, d_x].
//   by least squares    min_Γ Σ_n ‖ŷ_n − S_n Γ x_n‖²    S = Σ_t y_t x_tᵀ [d_y, d_x]; the d_x² features of output o are S_oi x_q,j
//   exactly             for Eq. 2, the coefficient of y_o x_i (of an example) x_j (of the query) in output o, averaged over o and the example's age
// One layer of linear attention, trained on any law of inputs, is such a step with the Γ that is best for the law (Ahn et al. 2023).

import { CholeskyDecomposition, Matrix as Dense, pseudoInverse } from 'ml-matrix';
import type { Matrix } from '../learning/index.js';
import { norm, type GatedLayer } from './gated-layer.js';
import { ageMatrices, type RegressionShape } from './lag-coefficients.js';
import type { RegressionSequence } from './regression-sequences.js';
import { difference, dot, sum } from './statistics.js';

/** A fit to numbers of sequences: a network's predictions, or the targets themselves. */
export interface PreconditionerFit {
  /** Γ: [d_x, d_x], in units of 1 / x². */
  readonly matrix: Matrix;
  /** The standard error of every entry, as if all residuals had one variance: [d_x, d_x]. */
  readonly standardErrors: Matrix;
  /** 1 − residual mean square / mean square, the former per degree of freedom: 1 where the network is a preconditioned step. */
  readonly explained: number;
}

/** How far a Γ is from what it might be, in relative Frobenius distances. */
export interface PreconditionerDistances {
  /** ‖Γ − Γ*‖ / ‖Γ*‖ for the Γ* that is wanted. */
  readonly fromWanted: number;
  /** The nearest plain gradient descent: η = tr Γ / d_x. */
  readonly rate: number;
  /** ‖Γ − η I‖ / ‖Γ‖ for that η. */
  readonly fromIsotropic: number;
}

/** The Γ of a layer of Eq. 2 by its weights. */
export interface ExactPreconditioner {
  /** Mean over outputs and ages of examples: [d_x, d_x]. */
  readonly matrix: Matrix;
  /** The largest distance of one output's and age's matrix from that mean, relative to the mean. */
  readonly spread: number;
}

/** Fits Γ to `wanted` [N] of [d_y]. Throws RangeError where there are not more numbers than the d_x² entries of Γ. */
export function fitPreconditioner(
  sequences: readonly RegressionSequence[],
  wanted: readonly (readonly number[])[],
): PreconditionerFit {
  const size = sequences[0]?.query.length ?? 0;
  const values = wanted.flat();
  const freedom = values.length - size * size;
  if (size === 0 || freedom <= 0) {
    throw new RangeError(`Cannot fit preconditioner: ${values.length} predictions found, more than ${size * size} wanted`);
  }
  const features = sequences.flatMap(({ moments, query }) =>
    moments.map((moment) => moment.flatMap((s) => query.map((x) => s * x))),
  );
  const design = new Dense(features);
  const transposed = design.transpose();
  const inverse = invertNormal(transposed.mmul(design));
  const solution = inverse.mmul(transposed.mmul(Dense.columnVector(values))).to1DArray();
  const squares = dot(values, values);
  const variance = sum(features.map((row, n) => (values[n]! - dot(row, solution)) ** 2)) / freedom;
  return {
    matrix: squareOf(solution, size),
    standardErrors: squareOf(
      inverse.diagonal().map((entry) => Math.sqrt(variance * entry)),
      size,
    ),
    explained: squares === 0 ? 0 : 1 - (variance * values.length) / squares,
  };
}

/** The inverse of FᵀF, also where inputs never leave a subspace. */
function invertNormal(normal: Dense): Dense {
  const decomposition = new CholeskyDecomposition(normal);
  return decomposition.isPositiveDefinite() ? decomposition.solve(Dense.eye(normal.rows)) : pseudoInverse(normal);
}

const squareOf = (flat: readonly number[], size: number): Matrix =>
  Array.from({ length: size }, (_, row) => flat.slice(row * size, (row + 1) * size));

/** Γ from the weights of a layer of Eq. 2, without sequences. */
export function exactPreconditioner(layer: GatedLayer, shape: RegressionShape): ExactPreconditioner {
  const matrices = ageMatrices(layer, shape).flat();
  const size = shape.inputDimension;
  const mean = matrices.reduce(
    (total, matrix) => total.map((x, k) => x + matrix.flat()[k]! / matrices.length),
    new Array<number>(size * size).fill(0),
  );
  const distances = matrices.map((matrix) => norm(difference(matrix.flat(), mean)));
  return { matrix: squareOf(mean, size), spread: Math.max(...distances) / norm(mean) };
}

/** Distances of Γ from the one that is wanted, and from plain gradient descent. */
export function preconditionerDistances(matrix: Matrix, wanted: Matrix): PreconditionerDistances {
  const rate = sum(matrix.map((row, i) => row[i]!)) / matrix.length;
  const isotropic = matrix.map((row, i) => row.map((x, j) => (i === j ? x - rate : x)));
  return {
    fromWanted: norm(difference(matrix.flat(), wanted.flat())) / norm(wanted.flat()),
    rate,
    fromIsotropic: norm(isotropic.flat()) / norm(matrix.flat()),
  };
}
