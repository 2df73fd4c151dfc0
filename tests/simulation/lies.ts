// What a lying worker says instead of the sums that it has found.

import type { Floats } from '../../tensor/index.js';

/** How a worker lies. */
export type LieKind = 'zeros' | 'negated' | 'scaled' | 'replayed' | 'non-finite';

/** All ways to lie. */
export const lieKinds: readonly LieKind[] = ['zeros', 'negated', 'scaled', 'replayed', 'non-finite'];

/** A worker's habit of lying. */
export interface Lie {
  readonly kind: LieKind;
  /** How likely it lies about a tree node. */
  readonly share: number;
}

/** What is said instead of `sums`; `earlier` is what was found for another node. */
export function distort(sums: Floats, kind: LieKind, earlier: Floats | undefined): Floats {
  switch (kind) {
    case 'zeros':
      return new Float32Array(sums.length);
    case 'negated':
      return sums.map((value) => -value);
    case 'scaled':
      return sums.map((value) => value * 1.5);
    case 'replayed':
      return earlier?.length === sums.length ? earlier.slice() : new Float32Array(sums.length);
    case 'non-finite':
      return sums.map(() => Infinity);
  }
}
