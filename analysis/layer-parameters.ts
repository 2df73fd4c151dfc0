// Other layers of Eq. 2 in the flat parameters of a network.

import { forgetNu, namedViews, rememberNu, type Matrix } from '../learning/index.js';
import type { TensorSpecification } from '../tensor/index.js';
import type { GatedLayer } from './gated-layer.js';

/**
 * The parameters with this layer as their `layer0`: its neurons come first, and the others write nothing. Throws RangeError where it has more neurons or
 * products than the network.
 */
export function withLayer(
  tensors: readonly TensorSpecification[],
  parameters: Float32Array,
  { inputGate, decays, outputGate, readout }: GatedLayer,
): Float32Array {
  const written = parameters.slice();
  const views = namedViews(tensors, written);
  const fill = (name: string, values: Matrix): void => {
    const tensor = tensors.find((one) => one.name === `layer0.${name}`);
    const view = views.get(`layer0.${name}`);
    const [rows, columns] = [values.length, values[0]?.length ?? 0];
    if (tensor === undefined || view === undefined || rows > tensor.rows || columns > tensor.columns) {
      const found = tensor === undefined ? 'no tensor' : `one of ${tensor.rows} × ${tensor.columns}`;
      throw new RangeError(`Cannot write layer0.${name}: ${found} found, room for ${rows} × ${columns} wanted`);
    }
    view.fill(0);
    values.forEach((row, index) => view.set(row, index * tensor.columns));
  };
  fill('inputGate.m', inputGate.m);
  fill('inputGate.x', inputGate.x);
  fill('nu', [decays.map((decay) => Math.min(Math.max(Math.log(-Math.log(decay)), rememberNu), forgetNu))]);
  fill('outputGate.m', outputGate.m);
  fill('outputGate.x', outputGate.x);
  fill('readout', readout);
  return written;
}

/** The parameters with only these neurons left: what the others write is zero. */
export function withoutNeurons(
  tensors: readonly TensorSpecification[],
  parameters: Float32Array,
  kept: readonly number[],
): Float32Array {
  const pruned = parameters.slice();
  const isKept = new Set(kept);
  const views = namedViews(tensors, pruned);
  for (const { name, rows, columns } of tensors) {
    if (name !== 'layer0.inputGate.m') continue;
    for (let neuron = 0; neuron < rows; neuron += 1) {
      if (!isKept.has(neuron)) views.get(name)?.fill(0, neuron * columns, (neuron + 1) * columns);
    }
  }
  return pruned;
}
