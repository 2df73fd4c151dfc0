// The canonical form of a layer of Eq. 2: what is left of its weights when everything is taken out that does not change its function.
//
//   h_n ← λ_n h_n + zᵀ G_n z     y_o = Σ_nk Q_o[n, k] h_n h_k        (gated-layer.ts: G and Q have no rows to exchange or to scale, and no products)
//
// What remains free are the neurons: their order, their scale (G_n up, Q_o[n, ·] down), and, among neurons of one decay, their basis (h → A h; so keys
// and queries may be (A W_K, A⁻ᵀ W_Q)). Neurons that remember (λ near 1) and neurons that forget (λ near 0) are compared with those of a reference:
//
//   ordered   each neuron as it is, in the place of the reference's neuron that it is most like, and scaled to that one's size
//   mixed     the network written with the reference's neurons: with vectors B [n, m] of the network and C [c, m] of the reference (of one kind),
//             B = P C + rest;  outputs Pᵀ Q_o P, and vectors C B⁺ B: what the network's neurons together hold of C
//   distance  ‖T − T_ref‖ / ‖T_ref‖ with T_o = Bᵀ Q_o B over all kinds: without any basis, and with nothing left out. It is 0 where the functions are
//             equal; decays count by their kind alone.

import { Matrix as Dense, pseudoInverse } from 'ml-matrix';
import { matrix, multiply, transpose, type Matrix } from '../learning/index.js';
import { norm, type GatedLayer } from './gated-layer.js';
import { coordinatesIn, indexesOf, rowsOf } from './neuron-coordinates.js';
import { coefficientsOf, matchNeurons, neuronsOf, type IsAsked, type Neurons, type Place } from './neuron-places.js';
import type { NeuronKind } from './scores.js';
import { difference } from './statistics.js';

/** Neurons of a network or of its reference; a place that no neuron takes has zeros. */
export interface CanonicalNeurons {
  /** λ of each neuron; null for an empty place and for a mixture. */
  readonly decays: readonly (number | null)[];
  /** The coefficient of every product of inputs z_i z_j, i ≤ j, row by row, in what a neuron writes: [n, (d + 1)(d + 2) / 2]. */
  readonly forms: Matrix;
  /** Q_o: the coefficient of h_n h_k in an output is twice an entry off the diagonal: [o] of [n, n]. */
  readonly outputs: readonly Matrix[];
}

/** A network beside its reference, place by place. */
export interface CanonicalForm {
  /** The kind of every place; after those of the reference come neurons that it does not have. */
  readonly kinds: readonly NeuronKind[];
  readonly ordered: CanonicalNeurons;
  readonly mixed: CanonicalNeurons;
  readonly reference: CanonicalNeurons;
  /** Relative Frobenius distance of the functions. */
  readonly distance: number;
  /** Of the mixed form: ‖C − C B⁺ B‖ / ‖C‖ for neurons that remember and for those that forget, and the relative distance of the outputs. */
  readonly parts: { readonly remembers: number; readonly forgets: number; readonly outputs: number };
}

/**
 * Compares a layer, best without neurons that do not matter, with a reference whose neurons remember or forget. `isAsked` leaves out what neurons that
 * forget write of products that are 0 where they are read.
 */
export function canonicalForm(layer: GatedLayer, reference: GatedLayer, isAsked: IsAsked = () => true): CanonicalForm {
  const found = neuronsOf(layer, isAsked);
  const wanted = neuronsOf(reference, isAsked);
  if (wanted.kinds.includes('between')) {
    throw new RangeError('Cannot compare with reference: a neuron with 0.1 ≤ λ ≤ 0.9 found, λ near 0 or 1 wanted');
  }
  const places = matchNeurons(found, wanted);
  const mixed = mixedNeurons(found, wanted, places);
  const outputs = transformed(wanted.outputs, expansion(wanted, wanted, places));
  const canonicalReference = {
    decays: places.map((place) => (place.reference === undefined ? null : wanted.decays[place.reference]!)),
    forms: places.map((place) => coefficientsOf(vectorAt(wanted, place.reference))),
    outputs,
  };
  return {
    kinds: places.map(({ kind }) => kind),
    ordered: orderedNeurons(found, places),
    mixed,
    reference: canonicalReference,
    distance: relativeDistance(functionOf(found), functionOf(wanted)),
    parts: {
      remembers: missingPart(found, wanted, 'remembers'),
      forgets: missingPart(found, wanted, 'forgets'),
      outputs: relativeDistance(mixed.outputs, outputs),
    },
  };
}

/** Neurons in their places and at the reference's scale. */
function orderedNeurons(found: Neurons, places: readonly Place[]): CanonicalNeurons {
  const scaled = matrix(found.kinds.length, places.length, (neuron, index) => {
    const place = places[index]!;
    return place.found === neuron ? 1 / place.scale : 0;
  });
  return {
    decays: places.map((place) => (place.found === undefined ? null : found.decays[place.found]!)),
    forms: places.map((place) => coefficientsOf(vectorAt(found, place.found).map((x) => place.scale * x))),
    outputs: transformed(found.outputs, scaled),
  };
}

/** The network written with the reference's neurons; neurons between the kinds stay as they are. */
function mixedNeurons(found: Neurons, wanted: Neurons, places: readonly Place[]): CanonicalNeurons {
  const held = { remembers: heldPart(found, wanted, 'remembers'), forgets: heldPart(found, wanted, 'forgets') };
  const forms = places.map((place) => {
    if (place.kind === 'between') return vectorAt(found, place.found).map((x) => place.scale * x);
    return place.reference === undefined ? vectorAt(wanted, undefined) : held[place.kind].get(place.reference)!;
  });
  return {
    decays: places.map(({ kind, found: neuron }) => (kind === 'between' ? found.decays[neuron!]! : null)),
    forms: forms.map(coefficientsOf),
    outputs: transformed(found.outputs, expansion(found, wanted, places)),
  };
}

const vectorAt = ({ vectors }: Neurons, neuron: number | undefined): readonly number[] =>
  neuron === undefined ? vectors[0]!.map(() => 0) : vectors[neuron]!;

/** P [n, places]: every neuron as a combination of the reference's neurons of its kind, B ≈ P C. */
function expansion(found: Neurons, wanted: Neurons, places: readonly Place[]): Matrix {
  const coordinates = coordinatesIn(found, wanted);
  return matrix(found.kinds.length, places.length, (neuron, index) => {
    const place = places[index]!;
    if (place.kind === 'between') return place.found === neuron ? 1 / place.scale : 0;
    return (place.reference === undefined ? undefined : coordinates.get(neuron)?.get(place.reference)) ?? 0;
  });
}

/** Singular values below this belong to a network's neurons, as vectors of length 1, that only the rounding of parameters tells apart. */
const trainedDependence = 1e-6;

/** C B⁺ B for the neurons of one kind, by neuron of the reference. */
function heldPart(found: Neurons, wanted: Neurons, kind: NeuronKind): ReadonlyMap<number, readonly number[]> {
  const theirs = indexesOf(wanted, kind);
  const own = indexesOf(found, kind).filter((neuron) => norm(found.vectors[neuron]!) > 0);
  if (own.length === 0) return new Map(theirs.map((place) => [place, vectorAt(wanted, undefined)]));
  const basis = new Dense(own.map((neuron) => found.vectors[neuron]!.map((x) => x / norm(found.vectors[neuron]!))));
  const projected = rowsOf(wanted, theirs).mmul(pseudoInverse(basis, trainedDependence)).mmul(basis).to2DArray();
  return new Map(theirs.map((place, row) => [place, projected[row]!]));
}

function missingPart(found: Neurons, wanted: Neurons, kind: NeuronKind): number {
  const held = [...heldPart(found, wanted, kind)].map(([place, vector]) => ({ vector, whole: wanted.vectors[place]! }));
  const missing = held.flatMap(({ vector, whole }) => difference(whole, vector));
  return norm(missing) / norm(held.flatMap(({ whole }) => whole));
}

const transformed = (outputs: readonly Matrix[], p: Matrix): readonly Matrix[] =>
  outputs.map((output) => multiply(transpose(p), multiply(output, p)));

/** T_o = Bᵀ Q_o B, where every kind has columns of its own: [o] of [3 m, 3 m]. */
function functionOf({ vectors, kinds, outputs }: Neurons): readonly Matrix[] {
  const order: readonly NeuronKind[] = ['remembers', 'forgets', 'between'];
  const basis = vectors.map((vector, neuron) => order.flatMap((kind) => vector.map((x) => (kinds[neuron] === kind ? x : 0))));
  const dense = new Dense(basis.map((row) => [...row]));
  return outputs.map((output) =>
    dense
      .transpose()
      .mmul(new Dense(output.map((row) => [...row])).mmul(dense))
      .to2DArray(),
  );
}

function relativeDistance(found: readonly Matrix[], wanted: readonly Matrix[]): number {
  return norm(difference(found.flat(2), wanted.flat(2))) / norm(wanted.flat(2));
}
