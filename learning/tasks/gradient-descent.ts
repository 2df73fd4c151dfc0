// One step of gradient descent on the context, from zero weights: ŷ = η Σ_t y_t (x_t · x_q).
//
// x has mean 0, variance s² and kurtosis κ, entries of W* variance w², the context's targets noise of variance σ²:
//   η* = w² / (w² s² (T + d_x + κ − 2) + σ²)          half MSE per output = ½ w² s² d_x (1 − η* s² T)
// For one layer of linear attention and for the gated RNN of Eq. 2 nothing below that loss is possible.
//
// Where x has the variance v_i and the rows of W* have b_i along axis i, with τ = Σ_i v_i b_i (a preconditioner does better: preconditioning.ts):
//   η* = Σ_i v_i² b_i / Σ_i v_i² (v_i b_i (T + κ − 2) + τ + σ²)          half MSE per output = ½ (τ − η* T Σ_i v_i² b_i)

import type { Matrix } from '../matrices.js';

/** Axes along which entries of x are independent, and the rows of W too: x = Q Λ^½ u, with u of the law's variance and kurtosis. */
export interface PrincipalAxes {
  /** Variance of x along each axis, in units of the law's. */
  readonly inputs: readonly number[];
  /** Variance of the rows of W along each axis, in units of the law's; null: the same in all directions. */
  readonly weights: readonly number[] | null;
  /** Q [d_x, d_x], an axis to a column; null: the axes of the coordinates. */
  readonly directions: Matrix | null;
}

/** A law of contexts for linear regression. */
export interface RegressionLaw {
  readonly contextLength: number;
  readonly inputDimension: number;
  readonly inputVariance: number;
  readonly inputKurtosis: number;
  readonly weightVariance: number;
  readonly noiseVariance: number;
  /** Absent where inputs and weights are isotropic. */
  readonly axes?: PrincipalAxes;
}

/** What one axis of a law has. */
export interface AxisVariances {
  /** v: variance of x. */
  readonly input: number;
  /** b: variance of the rows of W. */
  readonly weight: number;
}

/** Variances of x and of W along every axis: d_x of them. */
export function axisVariances({ inputDimension, inputVariance, weightVariance, axes }: RegressionLaw): readonly AxisVariances[] {
  return Array.from({ length: inputDimension }, (_, axis) => ({
    input: inputVariance * (axes?.inputs[axis] ?? 1),
    weight: weightVariance * (axes?.weights?.[axis] ?? 1),
  }));
}

/** τ: variance of an entry of W x. */
export function targetVariance(variances: readonly AxisVariances[]): number {
  return variances.reduce((sum, { input, weight }) => sum + input * weight, 0);
}

/** The optimal learning rate η* of one plain gradient step. */
export function optimalStep(law: RegressionLaw): number {
  const { contextLength, inputDimension, inputVariance, inputKurtosis, weightVariance, noiseVariance, axes } = law;
  if (axes === undefined) {
    const spread = inputVariance * (contextLength + inputDimension + inputKurtosis - 2);
    return weightVariance / (weightVariance * spread + noiseVariance);
  }
  const variances = axisVariances(law);
  const rest = targetVariance(variances) + noiseVariance;
  const square = variances.reduce((sum, { input, weight }) => {
    return sum + input * input * (input * weight * (contextLength + inputKurtosis - 2) + rest);
  }, 0);
  return overlap(variances) / square;
}

/** Half the mean squared error per output of one plain gradient step at η*. */
export function optimalStepLoss(law: RegressionLaw): number {
  const { contextLength, inputDimension, inputVariance, weightVariance, axes } = law;
  if (axes === undefined) {
    return 0.5 * weightVariance * inputVariance * inputDimension * (1 - optimalStep(law) * inputVariance * contextLength);
  }
  const variances = axisVariances(law);
  return 0.5 * (targetVariance(variances) - optimalStep(law) * contextLength * overlap(variances));
}

/** Σ v² b: what one example says of the query's target. */
function overlap(variances: readonly AxisVariances[]): number {
  return variances.reduce((sum, { input, weight }) => sum + input * input * weight, 0);
}
