// Neurons of two layers of Eq. 2 side by side: each neuron of a network finds the place of the neuron of a reference that it is most like.
// What a neuron writes is a vector of the products z_i z_j, i ≤ j, with √2 for i < j, so that lengths are Frobenius norms of G.

import type { Matrix } from '../learning/index.js';
import { inputForms, norm, outputForms, type GatedLayer } from './gated-layer.js';
import { kindOf, type NeuronKind } from './scores.js';
import { dot, sum } from './statistics.js';

/** Whether the product of inputs i and j can be other than 0 at the token where neurons that forget are read. */
export type IsAsked = (i: number, j: number) => boolean;

/** The neurons of a layer: [n]. */
export interface Neurons {
  readonly decays: readonly number[];
  readonly kinds: readonly NeuronKind[];
  /** What each neuron writes: [n, m], m = (d + 1)(d + 2) / 2. */
  readonly vectors: Matrix;
  /** Q_o: [o] of [n, n]. */
  readonly outputs: readonly Matrix[];
}

/** A neuron of the network, of the reference, or of both. */
export interface Place {
  readonly kind: NeuronKind;
  readonly reference: number | undefined;
  readonly found: number | undefined;
  /** What the network's neuron is multiplied by, to be of the reference's size and sign. */
  readonly scale: number;
}

/** The neurons of a layer; products that are not asked for are left out of those that forget. */
export function neuronsOf(layer: GatedLayer, isAsked: IsAsked): Neurons {
  const kinds = layer.decays.map(kindOf);
  const vectors = inputForms(layer).map((form, n) =>
    form.flatMap((row, i) =>
      row.slice(i).map((entry, k) => {
        const counts = kinds[n] !== 'forgets' || isAsked(i, i + k);
        return counts ? entry * (k === 0 ? 1 : Math.SQRT2) : 0;
      }),
    ),
  );
  return { decays: layer.decays, kinds, vectors, outputs: outputForms(layer) };
}

/** The coefficient of every product z_i z_j, i ≤ j, in zᵀ G z, for the vector of G. */
export function coefficientsOf(vector: readonly number[]): readonly number[] {
  // m = s (s + 1) / 2 for s inputs; row i of the triangle has s − i entries, the first on the diagonal.
  const size = Math.round((Math.sqrt(8 * vector.length + 1) - 1) / 2);
  const isDiagonal = new Set(Array.from({ length: size }, (_, i) => i * size - (i * (i - 1)) / 2));
  return vector.map((entry, index) => (isDiagonal.has(index) ? entry : entry * Math.SQRT2));
}

/** Places in the reference's order, kinds together; then neurons that the reference does not have, the largest first. */
export function matchNeurons(found: Neurons, reference: Neurons): readonly Place[] {
  const partners = new Map<number, number>();
  const isTaken = new Set<number>();
  for (const { place, neuron } of likeness(found, reference)) {
    if (partners.has(place) || isTaken.has(neuron)) continue;
    partners.set(place, neuron);
    isTaken.add(neuron);
  }
  const scaleTo = (neuron: number, vector: readonly number[]): number => {
    const own = found.vectors[neuron]!;
    return (norm(vector) / norm(own)) * (dot(vector, own) < 0 ? -1 : 1);
  };
  const order = (['remembers', 'forgets', 'between'] as const).flatMap((kind) =>
    reference.kinds.flatMap((one, place) => (one === kind ? [place] : [])),
  );
  const size = sum(reference.vectors.map(norm)) / reference.vectors.length;
  const extra = found.kinds.flatMap((kind, neuron) => {
    if (isTaken.has(neuron)) return [];
    const length = norm(found.vectors[neuron]!);
    return [{ kind, reference: undefined, found: neuron, scale: length === 0 ? 1 : size / length }];
  });
  return [
    ...order.map((place) => {
      const neuron = partners.get(place);
      const scale = neuron === undefined ? 1 : scaleTo(neuron, reference.vectors[place]!);
      return { kind: reference.kinds[place]!, reference: place, found: neuron, scale };
    }),
    ...extra,
  ];
}

/** Pairs of one kind, the most alike first; neurons that write nothing are like none. */
function likeness(found: Neurons, reference: Neurons): readonly { readonly place: number; readonly neuron: number }[] {
  return reference.vectors
    .flatMap((wanted, place) =>
      found.vectors.flatMap((vector, neuron) => {
        const size = norm(vector) * norm(wanted);
        if (found.kinds[neuron] !== reference.kinds[place] || size === 0) return [];
        return [{ place, neuron, cosine: Math.abs(dot(vector, wanted)) / size }];
      }),
    )
    .toSorted((a, b) => b.cosine - a.cosine);
}
