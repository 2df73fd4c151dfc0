// Is the network a step of gradient descent? Compared with it in value and in slope, sequence by sequence (von Oswald et al. 2022):
//   step          ŷ = Σ_t y_t x_tᵀ Γ x_q        Γ = η I for plain gradient descent, any matrix for a preconditioned step
//   sensitivity   ∂ŷ / ∂x_q = Σ_t y_t x_tᵀ Γ    [d_y, d_x]
//   cosine        of the two sensitivities, as vectors of d_y d_x entries: 1 where they have one direction
//   distances     ‖·‖₂ of the differences of sensitivities and of predictions

import { multiply, type Matrix } from '../learning/index.js';
import { norm } from './gated-layer.js';
import type { AnsweredSequence, RegressionSequence } from './regression-sequences.js';
import { difference, dot, estimate, type Estimate } from './statistics.js';

/** Alignment with one step of (preconditioned) gradient descent. */
export interface Alignment {
  readonly sequenceCount: number;
  /** Of the sensitivities; sequences where one of them is zero are left out, and with none left it is 0. */
  readonly cosine: Estimate;
  /** ‖network − step‖₂ of a sequence, in units of the outputs per unit of the inputs. */
  readonly sensitivityDistance: Estimate;
  /** ‖network − step‖₂ of a sequence's prediction, in units of the outputs. */
  readonly predictionDistance: Estimate;
  /** √(Σ ‖network − step‖² / Σ ‖step‖²) over all sequences. */
  readonly relativeSensitivityDistance: number;
  readonly relativePredictionDistance: number;
  /** The cosine of every sequence that has one. */
  readonly cosines: readonly number[];
}

/** What the step predicts for every sequence: [N] of [d_y]. */
export function stepPredictions(
  sequences: readonly RegressionSequence[],
  preconditioner: Matrix,
): readonly (readonly number[])[] {
  return sequences.map(({ moments, query }) => {
    const moved = preconditioner.map((row) => dot(row, query));
    return moments.map((row) => dot(row, moved));
  });
}

/** Compares a network's answers with the step Γ = `preconditioner` [d_x, d_x]. */
export function alignment(sequences: readonly AnsweredSequence[], preconditioner: Matrix): Alignment {
  const steps = stepPredictions(sequences, preconditioner);
  const pairs = sequences.map(({ moments, sensitivity, prediction }, n) => {
    const slope = multiply(moments, preconditioner).flat();
    const found = sensitivity.flat();
    const [foundSize, slopeSize] = [norm(found), norm(slope)];
    return {
      cosine: foundSize > 0 && slopeSize > 0 ? dot(found, slope) / (foundSize * slopeSize) : undefined,
      slopeSize,
      slopeDistance: norm(difference(found, slope)),
      stepSize: norm(steps[n]!),
      stepDistance: norm(difference(prediction, steps[n]!)),
    };
  });
  const cosines = pairs.flatMap(({ cosine }) => (cosine === undefined ? [] : [cosine]));
  const relative = (distances: readonly number[], sizes: readonly number[]): number => norm(distances) / norm(sizes);
  const of = (key: 'slopeSize' | 'slopeDistance' | 'stepSize' | 'stepDistance'): readonly number[] =>
    pairs.map((pair) => pair[key]);
  return {
    sequenceCount: sequences.length,
    cosine: cosines.length === 0 ? { mean: 0, standardError: 0 } : estimate(cosines),
    sensitivityDistance: estimate(of('slopeDistance')),
    predictionDistance: estimate(of('stepDistance')),
    relativeSensitivityDistance: relative(of('slopeDistance'), of('slopeSize')),
    relativePredictionDistance: relative(of('stepDistance'), of('stepSize')),
    cosines,
  };
}
