// The exact construction (Zucchet et al. 2023, section 3): weights with which a gated RNN computes linear self-attention,
//   y = S q   S = Σ_s v_s k_sᵀ = W_V (Σ_s x_s x_sᵀ) W_Kᵀ   q = W_Q x
// Memory neurons (λ = 1) hold the products v_i k_j, query neurons (λ = 0) hold q_j, and the output gate multiplies the two.
//
//   variant          hidden          products       at d = 4: parameters (linear attention itself: 48)
//   plain            d² + d          d²             924
//   compact          d(d+1)/2 + d    d²             666   W_K := W_V, W_Q := W_V⁻ᵀ W_Kᵀ W_Q, so that S is symmetric
//   shared           d(d+1)/2 + d    d(d+1)/2       474   each product serves two outputs
//   side-gated       d²              –              192   without λ, readout; the query needs no neurons
//   regression       d_y d_x + d_x   d_y d_x              only y_i x_j is needed: one step of gradient descent

import { invert, multiply, transpose, type Matrix } from './matrices.js';
import type { AttentionLayer } from './tasks/index.js';

/** Options and parameter values of a model of one layer. */
export interface Construction {
  readonly hidden: number;
  readonly outputNeurons: number | null;
  readonly values: ReadonlyMap<string, Float32Array>;
}

/** ν of a neuron that remembers everything: λ rounds to 1. */
export const rememberNu = -40;
/** ν of a neuron that forgets at once: λ is flushed to 0. */
export const forgetNu = 10;

type Row = readonly number[];
interface Neuron {
  readonly m: Row;
  readonly x: Row;
  readonly nu: number;
}
interface Product {
  readonly m: Row;
  readonly x: Row;
  /** What the product adds to each output. */
  readonly readout: Row;
}

const zeros = (size: number): Row => new Array<number>(size).fill(0);
const unit = (size: number, index: number, value = 1): Row => zeros(size).map((_, k) => (k === index ? value : 0));
const pairs = (rows: number, columns: number): readonly (readonly [number, number])[] =>
  Array.from({ length: rows * columns }, (_, index) => [Math.floor(index / columns), index % columns]);
const memory = (m: Row, x: Row): Neuron => ({ m: [...m, 0], x: [...x, 0], nu: rememberNu });
const query = (row: Row): Neuron => ({ m: [...row, 0], x: [...zeros(row.length), 1], nu: forgetNu });

function assemble(neurons: readonly Neuron[], products: readonly Product[]): Construction {
  const flat = (rows: Matrix): Float32Array => Float32Array.from(rows.flat());
  return {
    hidden: neurons.length,
    outputNeurons: products.length,
    values: new Map([
      ['layer0.inputGate.m', flat(neurons.map(({ m }) => m))],
      ['layer0.inputGate.x', flat(neurons.map(({ x }) => x))],
      ['layer0.nu', Float32Array.from(neurons, ({ nu }) => nu)],
      ['layer0.outputGate.m', flat(products.map(({ m }) => m))],
      ['layer0.outputGate.x', flat(products.map(({ x }) => x))],
      ['layer0.readout', flat(transpose(products.map(({ readout }) => readout)))],
    ]),
  };
}

/** Eq. 2 for any layer of linear attention: a memory neuron for every pair (v_i, k_j), a query neuron for every q_j. */
export function constructPlain(layer: AttentionLayer): Construction {
  const [outputs, keys] = [layer.value.length, layer.key.length];
  const hidden = outputs * keys + keys;
  const neurons = [...pairs(outputs, keys).map(([i, j]) => memory(layer.value[i]!, layer.key[j]!)), ...layer.query.map(query)];
  const products = pairs(outputs, keys).map(([i, j]) => ({
    m: unit(hidden, i * keys + j),
    x: unit(hidden, outputs * keys + j),
    readout: unit(outputs, i),
  }));
  return assemble(neurons, products);
}

/** The queries with which keys may equal values: W_V⁻ᵀ W_Kᵀ W_Q. W_V must be invertible. */
function symmetricQueries({ query: queries, key, value }: AttentionLayer): Matrix {
  return multiply(transpose(invert(value)), multiply(transpose(key), queries));
}

/** Memory neurons for v_i v_j with i ≤ j, query neurons, and where each lies. */
function symmetricNeurons(layer: AttentionLayer): {
  readonly neurons: readonly Neuron[];
  readonly memoryAt: (i: number, j: number) => number;
  readonly queryAt: (j: number) => number;
} {
  const size = layer.value.length;
  const unordered = pairs(size, size).filter(([i, j]) => i <= j);
  const neurons = [...unordered.map(([i, j]) => memory(layer.value[i]!, layer.value[j]!)), ...symmetricQueries(layer).map(query)];
  const memoryAt = (i: number, j: number): number =>
    unordered.findIndex(([a, b]) => a === Math.min(i, j) && b === Math.max(i, j));
  return { neurons, memoryAt, queryAt: (j) => unordered.length + j };
}

/** Eq. 2 with half of the memory neurons. Throws RangeError where W_V is singular. */
export function constructCompact(layer: AttentionLayer): Construction {
  const size = layer.value.length;
  const { neurons, memoryAt, queryAt } = symmetricNeurons(layer);
  const products = pairs(size, size).map(([i, j]) => ({
    m: unit(neurons.length, memoryAt(i, j)),
    x: unit(neurons.length, queryAt(j)),
    readout: unit(size, i),
  }));
  return assemble(neurons, products);
}

/**
 * Eq. 2 with half of the products as well. For i < j the product S_ij (q_i + q_j) goes to outputs i and j; what is too much there,
 * S_ij q_i at output i, comes off in the product (S_ii − Σ_{j≠i} S_ij) q_i.
 */
export function constructShared(layer: AttentionLayer): Construction {
  const size = layer.value.length;
  const { neurons, memoryAt, queryAt } = symmetricNeurons(layer);
  const hidden = neurons.length;
  const both = (a: Row, b: Row): Row => a.map((x, k) => x + b[k]!);
  const products = pairs(size, size)
    .filter(([i, j]) => i <= j)
    .map(([i, j]) => {
      if (i !== j) {
        const x = both(unit(hidden, queryAt(i)), unit(hidden, queryAt(j)));
        return { m: unit(hidden, memoryAt(i, j)), x, readout: both(unit(size, i), unit(size, j)) };
      }
      const rest = pairs(1, size).map(([, k]) => unit(hidden, memoryAt(i, k), k === i ? 1 : -1));
      return { m: rest.reduce(both), x: unit(hidden, queryAt(i)), readout: unit(size, i) };
    });
  return assemble(neurons, products);
}

/** The side-gated RNN: memory neurons for every pair, multiplied by the query of the current token. */
export function constructSideGated({ query: queries, key, value }: AttentionLayer): Construction {
  const order = pairs(value.length, key.length);
  const flat = (row: (i: number, j: number) => Row): Float32Array => Float32Array.from(order.flatMap(([i, j]) => row(i, j)));
  return {
    hidden: order.length,
    outputNeurons: null,
    values: new Map([
      ['layer0.inputGate.m', flat((i) => value[i]!)],
      ['layer0.inputGate.x', flat((_, j) => key[j]!)],
      ['layer0.nu', flat(() => [rememberNu])],
      ['layer0.sideGate.x', flat((_, j) => queries[j]!)],
      ['layer0.readout', Float32Array.from(value.flatMap((_, output) => order.map(([i]) => (i === output ? 1 : 0))))],
    ]),
  };
}

/** Sizes of an in-context regression and the learning rate of the gradient step. */
export interface RegressionStep {
  readonly inputDimension: number;
  readonly outputDimension: number;
  readonly learningRate: number;
}

/** Eq. 2 for one gradient step on the context: ŷ = η Σ_t y_t (x_t · x_q), for tokens (x, y) and a query (x_q, 0). */
export function constructRegression({ inputDimension, outputDimension, learningRate }: RegressionStep): Construction {
  const token = inputDimension + outputDimension;
  const order = pairs(outputDimension, inputDimension);
  const hidden = order.length + inputDimension;
  const neurons = [
    ...order.map(([i, j]) => memory(unit(token, inputDimension + i), unit(token, j))),
    ...Array.from({ length: inputDimension }, (_, j) => query(unit(token, j))),
  ];
  const products = order.map(([i, j], index) => ({
    m: unit(hidden, index),
    x: unit(hidden, order.length + j),
    readout: unit(outputDimension, i, learningRate),
  }));
  return assemble(neurons, products);
}
