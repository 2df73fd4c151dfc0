// One step of preconditioned gradient descent on the context: ŷ = Σ_t y_t (x_tᵀ P x_q), P [d_x, d_x]
// (Ahn et al. 2023; Mahankali et al. 2023; Li, Rawat and Oymak 2024).
//
// Σ = E x xᵀ, B = E w wᵀ of a row w of W, A = Σ_t x_t x_tᵀ, noise of variance σ². An output's loss is quadratic in P,
//   ½ E (wᵀ (A P − I) x_q + Σ_t ε_t x_tᵀ P x_q)² = ½ tr Σ (Pᵀ M P − T Pᵀ Σ B − T B Σ P + B) + ½ σ² T tr Σ Pᵀ Σ P,   M = E A B A
// and smallest where (M + σ² T Σ) P = T Σ B. On axes along which x has independent entries of variance v_i and kurtosis κ of their
// factors, and w variance b_i, all of it is diagonal; with τ = Σ_i v_i b_i
//   M_i = T ((T + κ − 2) b_i v_i² + τ v_i)
//   P_i = b_i / (b_i v_i (T + κ − 2) + τ + σ²)          half MSE per output = ½ Σ_i v_i b_i (1 − T v_i P_i)
// For normal x and B = w² I: P = ((T + 1) Σ + (tr Σ + σ² / w²) I)⁻¹. For isotropic inputs: P = η* I.

import { matrix, multiply, transpose, type Matrix } from '../matrices.js';
import { axisVariances, targetVariance, type RegressionLaw } from './gradient-descent.js';

/** P_i of the optimal preconditioner along every axis of a law. */
export function axisSteps(law: RegressionLaw): readonly number[] {
  const variances = axisVariances(law);
  const rest = targetVariance(variances) + law.noiseVariance;
  const count = law.contextLength + law.inputKurtosis - 2;
  return variances.map(({ input, weight }) => weight / (input * weight * count + rest));
}

/** The optimal preconditioner P = Q diag(P_i) Qᵀ: [d_x, d_x], symmetric. */
export function optimalPreconditioner(law: RegressionLaw): Matrix {
  const steps = axisSteps(law);
  const diagonal = matrix(steps.length, steps.length, (row, column) => (row === column ? steps[row]! : 0));
  const directions = law.axes?.directions ?? null;
  return directions === null ? diagonal : multiply(multiply(directions, diagonal), transpose(directions));
}

/** Half the mean squared error per output of one step with the optimal preconditioner. */
export function preconditionedStepLoss(law: RegressionLaw): number {
  const steps = axisSteps(law);
  const losses = axisVariances(law).map(
    ({ input, weight }, axis) => input * weight * (1 - law.contextLength * input * steps[axis]!),
  );
  return 0.5 * losses.reduce((sum, loss) => sum + loss, 0);
}
