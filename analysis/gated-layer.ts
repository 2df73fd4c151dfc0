// A trained layer of Eq. 2 as matrices in f64, and what its neurons compute:
//   h_i(t) = λ_i h_i(t−1) + zᵀ G_i z   z = [x; 1]   G_i = (m_i x_iᵀ + x_i m_iᵀ) / 2        y_o = Σ_ij Q_o[i, j] h_i h_j
//   Q_o = Σ_p D[o, p] (M_p X_pᵀ + X_p M_pᵀ) / 2
//
// G and Q stay the same when the two rows of a gate are exchanged or scaled against each other; m and x do not. So networks are compared by them.

import { decayOf, namedViews, type Matrix } from '../learning/index.js';
import type { TensorSpecification } from '../tensor/index.js';

/** The weights of one layer: inputGate [n, d + 1], decays [n], outputGate [p, n], readout [o, p]. */
export interface GatedLayer {
  readonly inputGate: { readonly m: Matrix; readonly x: Matrix };
  readonly decays: readonly number[];
  readonly outputGate: { readonly m: Matrix; readonly x: Matrix };
  readonly readout: Matrix;
}

/** Reads a layer from a flat parameter vector. Throws RangeError where the parameters are not those of a gated RNN. */
export function gatedLayerOf(tensors: readonly TensorSpecification[], parameters: Float32Array, prefix = 'layer0'): GatedLayer {
  const views = namedViews(tensors, parameters);
  const read = (name: string): Matrix => {
    const specification = tensors.find((tensor) => tensor.name === `${prefix}.${name}`);
    const view = views.get(`${prefix}.${name}`);
    if (specification === undefined || view === undefined) {
      throw new RangeError(`Cannot read layer: no parameter "${prefix}.${name}" found, those of a gated RNN wanted`);
    }
    const { rows, columns } = specification;
    return Array.from({ length: rows }, (_, row) => Array.from(view.subarray(row * columns, (row + 1) * columns)));
  };
  return {
    inputGate: { m: read('inputGate.m'), x: read('inputGate.x') },
    decays: (read('nu')[0] ?? []).map(decayOf),
    outputGate: { m: read('outputGate.m'), x: read('outputGate.x') },
    readout: read('readout'),
  };
}

/** (a bᵀ + b aᵀ) / 2. */
export function symmetricProduct(a: readonly number[], b: readonly number[]): Matrix {
  return a.map((x, row) => b.map((y, column) => (x * y + a[column]! * b[row]!) / 2));
}

/** G_i of every neuron: [n] matrices [d + 1, d + 1]. */
export function inputForms({ inputGate }: GatedLayer): readonly Matrix[] {
  return inputGate.m.map((row, neuron) => symmetricProduct(row, inputGate.x[neuron]!));
}

/** Q_o of every output: [o] matrices [n, n]. */
export function outputForms({ outputGate, readout, decays }: GatedLayer): readonly Matrix[] {
  const products = outputGate.m.map((row, product) => symmetricProduct(row, outputGate.x[product]!));
  return readout.map((weights) =>
    decays.map((_, row) =>
      decays.map((__, column) => products.reduce((sum, form, index) => sum + weights[index]! * form[row]![column]!, 0)),
    ),
  );
}

/** √ Σ a². */
export function norm(a: readonly number[]): number {
  return Math.sqrt(a.reduce((sum, x) => sum + x * x, 0));
}

/** A layer without some of its neurons, and without products that nothing reaches any more. */
export function keepNeurons(layer: GatedLayer, kept: readonly number[]): GatedLayer {
  const rows = (a: Matrix): Matrix => kept.map((neuron) => a[neuron]!);
  const columns = (a: Matrix): Matrix => a.map((row) => kept.map((neuron) => row[neuron]!));
  return {
    ...layer,
    inputGate: { m: rows(layer.inputGate.m), x: rows(layer.inputGate.x) },
    decays: kept.map((neuron) => layer.decays[neuron]!),
    outputGate: { m: columns(layer.outputGate.m), x: columns(layer.outputGate.x) },
  };
}
