// In-context regression in double precision, without programs: contexts are drawn from a law and the best P of ŷ = Σ_t y_t (x_tᵀ P x_q) is fitted to them
// by least squares over its d² entries, and the best P = η I beside it. Nothing here knows the closed form.

import { identity, invert, type Matrix } from '../../../learning/matrices.js';

export interface SimulatedLaw {
  readonly contextLength: number;
  /** Entries of u with variance 1. */
  readonly inputs: 'normal' | 'uniform';
  /** Standard deviations of x and of w along the axes, and the axes as columns. */
  readonly inputDeviations: readonly number[];
  readonly weightDeviations: readonly number[];
  readonly directions: Matrix | null;
  readonly noise: number;
}

/** A generator of uniform numbers (mulberry32). */
function uniformFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let z = Math.imul(state ^ (state >>> 15), 1 | state);
    z = (z + Math.imul(z ^ (z >>> 7), 61 | z)) ^ z;
    return (((z ^ (z >>> 14)) >>> 0) + 0.5) / 2 ** 32;
  };
}

/** Fills the features Σ_t y_t x_ti x_qj, [d²], of one sequence and gives its target. */
type Draw = (features: Float64Array) => number;

function sequencesOf(law: SimulatedLaw, seed: number): Draw {
  const uniform = uniformFrom(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const entry = law.inputs === 'normal' ? normal : () => Math.sqrt(12) * (uniform() - 0.5);
  const size = law.inputDeviations.length;
  const directions = law.directions ?? identity(size);
  const fillAlong = (result: Float64Array, deviations: readonly number[], draw: () => number): void => {
    result.fill(0);
    for (let axis = 0; axis < size; axis += 1) {
      const factor = deviations[axis]! * draw();
      for (let i = 0; i < size; i += 1) result[i]! += directions[i]![axis]! * factor;
    }
  };
  const [w, query, x, sum] = [0, 1, 2, 3].map(() => new Float64Array(size)) as [Row, Row, Row, Row];
  return (features) => {
    fillAlong(w, law.weightDeviations, normal);
    fillAlong(query, law.inputDeviations, entry);
    sum.fill(0);
    for (let t = 0; t < law.contextLength; t += 1) {
      fillAlong(x, law.inputDeviations, entry);
      const y = dot(w, x) + law.noise * normal();
      for (let i = 0; i < size; i += 1) sum[i]! += y * x[i]!;
    }
    for (let i = 0; i < size; i += 1) {
      for (let j = 0; j < size; j += 1) features[i * size + j] = sum[i]! * query[j]!;
    }
    return dot(w, query);
  };
}

type Row = Float64Array;

function dot(a: Row, b: Row): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += a[i]! * b[i]!;
  return sum;
}

/** What fits best, and half its mean squared error. */
export interface Fit {
  readonly preconditioner: Matrix;
  readonly loss: number;
  readonly learningRate: number;
  readonly plainLoss: number;
}

/** The best P [d, d], and the best η. */
export function fitPreconditioner(
  law: SimulatedLaw,
  { sequenceCount, seed }: { readonly sequenceCount: number; readonly seed: number },
): Fit {
  const size = law.inputDeviations.length;
  const draw = sequencesOf(law, seed);
  const moments = Array.from({ length: size * size }, () => new Float64Array(size * size));
  const [features, overlaps] = [new Float64Array(size * size), new Float64Array(size * size)];
  let square = 0;
  for (let sequence = 0; sequence < sequenceCount; sequence += 1) {
    const target = draw(features);
    square += target * target;
    for (let i = 0; i < features.length; i += 1) {
      overlaps[i]! += features[i]! * target;
      const row = moments[i]!;
      for (let j = 0; j < features.length; j += 1) row[j]! += features[i]! * features[j]!;
    }
  }
  const inverse = invert(moments.map((row) => Array.from(row)));
  const fitted = inverse.map((row) => row.reduce((sum, value, i) => sum + value * overlaps[i]!, 0));
  const explained = fitted.reduce((sum, value, i) => sum + value * overlaps[i]!, 0);
  const preconditioner = Array.from({ length: size }, (_, row) => fitted.slice(row * size, (row + 1) * size));
  const diagonal = Array.from({ length: size }, (_, i) => i * (size + 1));
  const overlap = diagonal.reduce((sum, i) => sum + overlaps[i]!, 0);
  const learningRate = overlap / diagonal.reduce((sum, i) => diagonal.reduce((inner, j) => inner + moments[i]![j]!, sum), 0);
  return {
    ...{ preconditioner, loss: (square - explained) / (2 * sequenceCount) },
    ...{ learningRate, plainLoss: (square - learningRate * overlap) / (2 * sequenceCount) },
  };
}
