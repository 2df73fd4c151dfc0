// Which neurons matter: the size of the products that a neuron has a part in.
//   influence_i = √ Σ_{o, j} (‖G_i‖ Q_o[i, j] ‖G_j‖)²
// It does not change when any neuron is scaled up in its input gate and down in the output gate.

import { inputForms, norm, outputForms, type GatedLayer } from './gated-layer.js';

/** A neuron's share in the output. */
export interface NeuronInfluence {
  readonly neuron: number;
  readonly decay: number;
  /** Relative to the largest of the layer. */
  readonly influence: number;
}

/** The influence of every neuron, in the layer's order. */
export function influences(layer: GatedLayer): readonly NeuronInfluence[] {
  const outputs = outputForms(layer);
  const sizes = inputForms(layer).map((form) => norm(form.flat()));
  const raw = sizes.map((size, neuron) => {
    return size * norm(outputs.flatMap((output) => output[neuron]!.map((q, other) => q * sizes[other]!)));
  });
  const largest = Math.max(...raw, Number.MIN_VALUE);
  return raw.map((influence, neuron) => ({ neuron, decay: layer.decays[neuron]!, influence: influence / largest }));
}

/** The share of the largest influence above which a neuron counts. */
export const influenceThreshold = 0.02;

/** Neurons above the threshold, the most influential first. */
export function influentialNeurons(layer: GatedLayer, threshold = influenceThreshold): readonly NeuronInfluence[] {
  return influences(layer)
    .filter(({ influence }) => influence >= threshold)
    .toSorted((a, b) => b.influence - a.influence);
}
