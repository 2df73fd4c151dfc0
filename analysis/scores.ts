// How well a layer's neurons hold what attention needs: 1 − R² of linear regressions of the teacher's quantities on the layer's.
//   KV score   v_i k_j, as symmetric forms in z = [x; 1], on the forms G of neurons that remember (λ near 1)
//   Q score    q_j, as the form of q_j · 1, on the forms G of neurons that forget (λ near 0)
//
// The KV score is 0 for any d (d + 1) / 2 independent neurons that remember, so alone it is no evidence of structure.

import { Matrix as Dense, SVD } from 'ml-matrix';
import type { AttentionLayer } from '../learning/index.js';
import { inputForms, symmetricProduct, type GatedLayer } from './gated-layer.js';
import { influences, influenceThreshold } from './influence.js';

/** Unexplained shares of variance, 0 where everything is there. */
export interface AttentionScores {
  readonly keyValue: number;
  readonly query: number;
}

/** Decays above count as remembering, decays below as forgetting. */
export const decayBounds = { remembers: 0.9, forgets: 0.1 } as const;

/** What a neuron does with what it has read. */
export type NeuronKind = 'remembers' | 'forgets' | 'between';

/** The kind of a neuron with decay λ. */
export function kindOf(decay: number): NeuronKind {
  return decay > decayBounds.remembers ? 'remembers' : decay < decayBounds.forgets ? 'forgets' : 'between';
}

/** The scores of a layer for the attention that it was taught. */
export function attentionScores(layer: GatedLayer, teacher: AttentionLayer): AttentionScores {
  const forms = inputForms(layer).map((form) => form.flat());
  const counted = influences(layer).filter(({ influence }) => influence >= influenceThreshold);
  const pick = (isWanted: (decay: number) => boolean): readonly (readonly number[])[] =>
    counted.filter(({ decay }) => isWanted(decay)).map(({ neuron }) => forms[neuron]!);
  const one = [...(teacher.query[0] ?? []).map(() => 0), 1];
  const withZero = (row: readonly number[]): readonly number[] => [...row, 0];
  const products = teacher.value.flatMap((v) => teacher.key.map((k) => symmetricProduct(withZero(v), withZero(k)).flat()));
  const queries = teacher.query.map((q) => symmetricProduct(withZero(q), one).flat());
  return {
    keyValue: unexplained(
      products,
      pick((decay) => decay > decayBounds.remembers),
    ),
    query: unexplained(
      queries,
      pick((decay) => decay < decayBounds.forgets),
    ),
  };
}

/** Singular values below this share of the largest are rounding. */
const rankTolerance = 1e-10;

/** Σ |target − its projection on the span of the features|² / Σ |target|². */
export function unexplained(targets: readonly (readonly number[])[], features: readonly (readonly number[])[]): number {
  if (features.length === 0) return 1;
  const basis = spanOf(features);
  const wanted = new Dense(targets.map((row) => [...row]));
  const projection = wanted.mmul(basis).mmul(basis.transpose());
  const rest = Dense.sub(wanted, projection).norm('frobenius');
  const whole = wanted.norm('frobenius');
  return (rest * rest) / (whole * whole);
}

/** An orthonormal basis of the span, in columns: by singular values, since features may be dependent, and more than they have entries. */
function spanOf(features: readonly (readonly number[])[]): Dense {
  const rows = new Dense(features.map((row) => [...row]));
  const isTall = rows.rows >= rows.columns;
  const decomposition = new SVD(isTall ? rows : rows.transpose());
  const vectors = isTall ? decomposition.rightSingularVectors : decomposition.leftSingularVectors;
  const values = decomposition.diagonal;
  const kept = values.flatMap((value, index) => (value > rankTolerance * values[0]! ? [index] : []));
  return vectors.subMatrixColumn(kept);
}
