// Neurons written with those of a reference: B = P C + rest, kind by kind, where B [n, m] and C [c, m] are what the two layers' neurons write.

import { Matrix as Dense, pseudoInverse } from 'ml-matrix';
import type { Neurons } from './neuron-places.js';
import type { NeuronKind } from './scores.js';

/** Singular values below this belong to vectors of the reference that depend on each other, exactly. */
const dependence = 1e-9;

/** The neurons of one kind, in the layer's order. */
export const indexesOf = ({ kinds }: Neurons, kind: NeuronKind): readonly number[] =>
  kinds.flatMap((one, index) => (one === kind ? [index] : []));

/** What these neurons write: [count, m]. */
export const rowsOf = ({ vectors }: Neurons, indexes: readonly number[]): Dense =>
  new Dense(indexes.map((index) => [...vectors[index]!]));

/** P: by neuron of the network, its share of each of the reference's neurons of its kind; neurons between the kinds have none. */
export function coordinatesIn(found: Neurons, wanted: Neurons): ReadonlyMap<number, ReadonlyMap<number, number>> {
  const coordinates = new Map<number, ReadonlyMap<number, number>>();
  for (const kind of ['remembers', 'forgets'] as const) {
    const [own, theirs] = [indexesOf(found, kind), indexesOf(wanted, kind)];
    if (own.length === 0 || theirs.length === 0) continue;
    const solved = rowsOf(found, own)
      .mmul(pseudoInverse(rowsOf(wanted, theirs), dependence))
      .to2DArray();
    own.forEach((neuron, row) => coordinates.set(neuron, new Map(theirs.map((place, column) => [place, solved[row]![column]!]))));
  }
  return coordinates;
}
