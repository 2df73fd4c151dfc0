// What a layer of Eq. 2 makes of an example that it saw a tokens ago, when the query comes: the coefficient of y_o x_i (of the example) x_j (of the
// query) in output o. One step of gradient descent has η for i = j and 0 otherwise, for every o and a; with a decay below 1 it falls with age.
//   y_o = Σ_nk Q_o[n, k] h_n h_k   h_n = λ_n^a z'ᵀ G_n z' + zᵀ G_n z      z' = [x'; y'; 1] the example, z = [x; 0; 1] the query
//   Γ_o[i, j] = 2 Σ_nk Q_o[n, k] λ_n^a (2 G_n[y_o, x_i]) (2 G_k[x_j, 1])

import { multiply, transpose, type Matrix } from '../learning/index.js';
import { inputForms, outputForms, type GatedLayer } from './gated-layer.js';

/** The sizes of an in-context regression. */
export interface RegressionShape {
  readonly inputDimension: number;
  readonly outputDimension: number;
  readonly contextLength: number;
}

/** Mean and spread over outputs and inputs of the coefficients of one age. */
export interface LagCoefficient {
  /** Tokens between the example and the query; 1 is the last example. */
  readonly age: number;
  readonly mean: number;
  readonly minimum: number;
  readonly maximum: number;
}

/** Γ_o of every output for every age, the newest example first: [T] of [d_y] of [d_x, d_x]. */
export function ageMatrices(layer: GatedLayer, shape: RegressionShape): readonly (readonly Matrix[])[] {
  const { inputDimension, contextLength } = shape;
  const forms = inputForms(layer);
  const outputs = outputForms(layer);
  const one = inputDimension + shape.outputDimension;
  const inputs = Array.from({ length: inputDimension }, (_, i) => i);
  const asked = forms.map((form) => inputs.map((j) => 2 * form[j]![one]!));
  const read = outputs.map((output) => multiply(output, asked));
  return Array.from({ length: contextLength }, (_, index) => {
    const powers = layer.decays.map((decay) => Math.exp((index + 1) * Math.log(Math.max(decay, Number.MIN_VALUE))));
    return outputs.map((__, o) => {
      const written = forms.map((form, n) => inputs.map((i) => 4 * powers[n]! * form[inputDimension + o]![i]!));
      return multiply(transpose(written), read[o]!);
    });
  });
}

/** The coefficients of every example of the context at i = j, the newest first. */
export function lagCoefficients(layer: GatedLayer, shape: RegressionShape): readonly LagCoefficient[] {
  return ageMatrices(layer, shape).map((matrices, index) => {
    const coefficients = matrices.flatMap((matrix) => matrix.map((row, i) => row[i]!));
    const mean = coefficients.reduce((sum, x) => sum + x, 0) / coefficients.length;
    return { age: index + 1, mean, minimum: Math.min(...coefficients), maximum: Math.max(...coefficients) };
  });
}
