// What a layer of Eq. 2 makes of an example that it saw a tokens ago, when the query comes: the coefficient of y_o x_j (of the example) x_j (of the
// query) in output o. One step of gradient descent has η for every o, j and a; with a decay below 1 the coefficient falls with age.
//   y_o = Σ_ik Q_o[i, k] h_i h_k   h_i = λ_i^a z'ᵀ G_i z' + zᵀ G_i z      z' = [x'; y'; 1] the example, z = [x; 0; 1] the query
//   coefficient = 2 Σ_ik Q_o[i, k] λ_i^a (2 G_i[y_o, x_j]) (2 G_k[x_j, 1])

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

/** The coefficients of every example of the context, the newest first. */
export function lagCoefficients(layer: GatedLayer, shape: RegressionShape): readonly LagCoefficient[] {
  const { inputDimension, outputDimension, contextLength } = shape;
  const forms = inputForms(layer);
  const outputs = outputForms(layer);
  const one = inputDimension + outputDimension;
  return Array.from({ length: contextLength }, (_, index) => {
    const age = index + 1;
    const powers = layer.decays.map((decay) => Math.exp(age * Math.log(Math.max(decay, Number.MIN_VALUE))));
    const coefficients = outputs.flatMap((output, o) =>
      Array.from({ length: inputDimension }, (__, j) => {
        const written = forms.map((form, i) => 2 * powers[i]! * form[inputDimension + o]![j]!);
        const asked = forms.map((form) => 2 * form[j]![one]!);
        const sum = output.reduce((total, row, i) => {
          if (written[i] === 0) return total;
          return total + written[i]! * row.reduce((inner, q, k) => inner + q * asked[k]!, 0);
        }, 0);
        return 2 * sum;
      }),
    );
    const mean = coefficients.reduce((sum, x) => sum + x, 0) / coefficients.length;
    return { age, mean, minimum: Math.min(...coefficients), maximum: Math.max(...coefficients) };
  });
}
