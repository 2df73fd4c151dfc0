// The smallest equal network: neurons of one decay are merged, without retraining.
//
// Of neurons with one λ a network reads nothing but sums Σ_n a_n h_n, so any of them may be written with others that span the same products of inputs:
//   W^out ← W^out P    with P [n, c] of neuron-coordinates.ts    λ ← 1 or 0, and W^in, of the reference
// Pruning alone cannot do that: it leaves every neuron that holds a share of a product, however many others hold one too.

import { matrix, multiply } from '../learning/index.js';
import type { GatedLayer } from './gated-layer.js';
import { coordinatesIn } from './neuron-coordinates.js';
import { neuronsOf, type IsAsked } from './neuron-places.js';

/**
 * A layer written with the neurons of a reference: it computes what the layer does, as far as those neurons can hold it. Neurons between the kinds
 * (0.1 ≤ λ ≤ 0.9) are left out. `isAsked` as for canonicalForm.
 */
export function mergeNeurons(layer: GatedLayer, reference: GatedLayer, isAsked: IsAsked = () => true): GatedLayer {
  const coordinates = coordinatesIn(neuronsOf(layer, isAsked), neuronsOf(reference, isAsked));
  const p = matrix(layer.decays.length, reference.decays.length, (neuron, other) => coordinates.get(neuron)?.get(other) ?? 0);
  const { m, x } = layer.outputGate;
  return {
    inputGate: reference.inputGate,
    decays: reference.decays,
    outputGate: { m: multiply(m, p), x: multiply(x, p) },
    readout: layer.readout,
  };
}
