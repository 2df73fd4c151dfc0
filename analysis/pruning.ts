// Pruning without retraining: neurons are taken out, the least influential first, as long as the loss stays within a share of what it was.

import { keepNeurons, type GatedLayer } from './gated-layer.js';
import { influences } from './influence.js';

/** What is left after pruning. */
export interface Pruned {
  /** The neurons that stay, in the layer's order. */
  readonly kept: readonly number[];
  readonly layer: GatedLayer;
  readonly loss: number;
  readonly originalLoss: number;
}

/** How far the loss may rise. */
export interface PruningOptions {
  /** The loss of a layer on fixed sequences. */
  readonly lossOf: (layer: GatedLayer) => number;
  /** The loss of what is kept is at most (1 + this) times the original. */
  readonly tolerance: number;
}

/** The smallest network that greedy pruning finds: a neuron stays only where the loss would rise too far without it. */
export function prune(layer: GatedLayer, { lossOf, tolerance }: PruningOptions): Pruned {
  const originalLoss = lossOf(layer);
  const bound = originalLoss * (1 + tolerance);
  const order = influences(layer).toSorted((a, b) => a.influence - b.influence);
  let kept: readonly number[] = order.map(({ neuron }) => neuron).toSorted((a, b) => a - b);
  let loss = originalLoss;
  for (const { neuron } of order) {
    const candidate = kept.filter((one) => one !== neuron);
    const candidateLoss = candidate.length === 0 ? Number.POSITIVE_INFINITY : lossOf(keepNeurons(layer, candidate));
    if (candidateLoss > bound) continue;
    kept = candidate;
    loss = candidateLoss;
  }
  return { kept, layer: keepNeurons(layer, kept), loss, originalLoss };
}
