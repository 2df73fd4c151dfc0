// The construction of a task's solution (learning/construction.ts) in the basis of the inputs: what a trained layer is held against.
//   teacher   y_o = Σ_ij W_V[o, i] (Σ_t x_i x_j) q_j, q = W_Kᵀ W_Q x:  neurons x_i x_j (i ≤ j) that remember and x_k that forget, the compact construction
//             with W_V in the outputs and queries mixed; W_V needs no inverse
//   step      y_o = Σ_ij (Σ_t y_o x_i) Γ[i, j] x_j:  neurons y_o x_i that remember and x_j that forget; for Γ = η I the construction of a gradient step

import { matrix, multiply, transpose, type AttentionLayer, type Matrix } from '../learning/index.js';
import type { GatedLayer } from './gated-layer.js';

/** Neurons and what the outputs make of their products. */
interface Reference {
  /** Inputs besides the constant 1. */
  readonly width: number;
  /** Pairs of inputs whose products are remembered. */
  readonly memories: readonly (readonly [number, number])[];
  /** Inputs of which the current one is known. */
  readonly queries: readonly number[];
  readonly outputCount: number;
  /** The coefficient of (remembered product) · (current input) in an output, by their places. */
  readonly coefficient: (output: number, memory: number, query: number) => number;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);

/** The layer that computes an attention teacher of any W_V, W_K, W_Q. */
export function teacherLayer({ value, key, query }: AttentionLayer): GatedLayer {
  const width = value[0]?.length ?? 0;
  const mixed = multiply(transpose(key), query);
  const memories = range(width).flatMap((i) => range(width - i).map((k) => [i, i + k] as const));
  return layerOf({
    ...{ width, memories, queries: range(width), outputCount: value.length },
    coefficient: (output, memory, k) => {
      const [i, j] = memories[memory]!;
      const one = value[output]![i]! * mixed[j]![k]!;
      return i === j ? one : one + value[output]![j]! * mixed[i]![k]!;
    },
  });
}

/** The layer that takes the step ŷ = Σ_t y_t x_tᵀ Γ x_q, for tokens [x; y] and Γ = `preconditioner` [d_x, d_x]. */
export function stepLayer(outputDimension: number, preconditioner: Matrix): GatedLayer {
  const inputs = range(preconditioner.length);
  const memories = range(outputDimension).flatMap((o) => inputs.map((i) => [preconditioner.length + o, i] as const));
  return layerOf({
    ...{ width: preconditioner.length + outputDimension, memories, queries: inputs, outputCount: outputDimension },
    coefficient: (output, memory, j) => {
      const [y, i] = memories[memory]!;
      return y === preconditioner.length + output ? preconditioner[i]![j]! : 0;
    },
  });
}

function layerOf({ width, memories, queries, outputCount, coefficient }: Reference): GatedLayer {
  const unit = (size: number, index: number): readonly number[] => range(size).map((k) => (k === index ? 1 : 0));
  const count = memories.length + queries.length;
  const products = memories
    .flatMap((_, memory) => queries.map((__, query) => ({ memory, query })))
    .filter(({ memory, query }) => range(outputCount).some((output) => coefficient(output, memory, query) !== 0));
  return {
    inputGate: {
      m: [...memories.map(([a]) => unit(width + 1, a)), ...queries.map((input) => unit(width + 1, input))],
      x: [...memories.map(([, b]) => unit(width + 1, b)), ...queries.map(() => unit(width + 1, width))],
    },
    decays: [...memories.map(() => 1), ...queries.map(() => 0)],
    outputGate: {
      m: products.map(({ memory }) => unit(count, memory)),
      x: products.map(({ query }) => unit(count, memories.length + query)),
    },
    readout: matrix(outputCount, products.length, (output, index) => {
      const { memory, query } = products[index]!;
      return coefficient(output, memory, query);
    }),
  };
}
