// Pruning without retraining: neurons are taken out, the least influential first, as long as the loss stays within a bound.

import type { NeuronInfluence } from './influence.js';

/** A network on its way to be smaller. */
export interface PruningStage {
  readonly neuronCount: number;
  readonly loss: number;
}

/** What is left after pruning. */
export interface Pruned {
  /** The neurons that stay, ascending. */
  readonly kept: readonly number[];
  readonly loss: number;
  readonly originalLoss: number;
  /** Every network that was kept on the way, the whole one first. */
  readonly stages: readonly PruningStage[];
}

/** How far the loss may rise. */
export interface PruningOptions {
  /** The loss on fixed sequences when only these neurons are left. */
  readonly lossOf: (kept: readonly number[]) => number;
  /** The loss that what is kept may have, for the loss of the whole network. */
  readonly largestLoss: (original: number) => number;
}

/** The smallest network that greedy pruning finds: a neuron stays only where the loss would rise too far without it. */
export function prune(neurons: readonly NeuronInfluence[], { lossOf, largestLoss }: PruningOptions): Pruned {
  const order = neurons.toSorted((a, b) => a.influence - b.influence).map(({ neuron }) => neuron);
  let kept: readonly number[] = order.toSorted((a, b) => a - b);
  const originalLoss = lossOf(kept);
  const bound = largestLoss(originalLoss);
  const stages: PruningStage[] = [{ neuronCount: kept.length, loss: originalLoss }];
  for (const neuron of order) {
    const candidate = kept.filter((one) => one !== neuron);
    const loss = lossOf(candidate);
    if (!(loss <= bound)) continue;
    kept = candidate;
    stages.push({ neuronCount: kept.length, loss });
  }
  return { kept, loss: stages.at(-1)?.loss ?? originalLoss, originalLoss, stages };
}
