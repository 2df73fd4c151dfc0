// Parameters: named matrices in one flat vector, each with its way to begin and its group in the optimizer.

import type { TensorSpecification } from '../tensor/index.js';

/** How a parameter begins. Every kind is a pure function of the run's seed. */
export type Initialization =
  | { readonly type: 'constant'; readonly value: number }
  | { readonly type: 'normal'; readonly standardDeviation: number }
  /** ν with λ = exp(−exp ν) and λ² uniform between the squares of two bounds (as in LRU). */
  | { readonly type: 'decay'; readonly minimum: number; readonly maximum: number }
  /** θ with phase exp θ uniform between 0 and a maximum (as in LRU). */
  | { readonly type: 'phase'; readonly maximum: number }
  /** log √(1 − λ²) for the decays λ of an earlier parameter ν of the same shape, by its name (as in LRU). */
  | { readonly type: 'normalizer'; readonly decay: string }
  /** A square matrix with orthonormal rows. */
  | { readonly type: 'orthogonal' };

/** Weight decay applies to `decayed` parameters only; recurrent decays and biases are `undecayed`. */
export type ParameterGroup = 'decayed' | 'undecayed';

/** A parameter [rows, columns] of a model. */
export interface ParameterSpecification extends TensorSpecification {
  readonly initialization: Initialization;
  readonly group: ParameterGroup;
}

/** A weight [outputs, inputs] that begins normal with variance gain² / inputs. */
export function weight(name: string, rows: number, columns: number, gain = 1): ParameterSpecification {
  return {
    ...{ name, rows, columns, group: 'decayed' },
    initialization: { type: 'normal', standardDeviation: gain / Math.sqrt(columns) },
  };
}

/** A recurrent weight [size, size] that begins orthogonal. */
export function square(name: string, size: number): ParameterSpecification {
  return { name, rows: size, columns: size, group: 'decayed', initialization: { type: 'orthogonal' } };
}

/** A bias [1, size] that begins at zero and does not decay. */
export function bias(name: string, size: number): ParameterSpecification {
  return { name, rows: 1, columns: size, group: 'undecayed', initialization: { type: 'constant', value: 0 } };
}

/** The number of elements of all tensors together. */
export function flatLength(tensors: readonly TensorSpecification[]): number {
  return tensors.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
}

/** Views of a flat vector, one per tensor, by name. */
export function namedViews(tensors: readonly TensorSpecification[], flat: Float32Array): ReadonlyMap<string, Float32Array> {
  const views = new Map<string, Float32Array>();
  let begin = 0;
  for (const { name, rows, columns } of tensors) {
    views.set(name, flat.subarray(begin, begin + rows * columns));
    begin += rows * columns;
  }
  return views;
}

/** The flat vector of named tensors. */
export function flatten(
  tensors: readonly TensorSpecification[],
  values: ReadonlyMap<string, ArrayLike<number>>,
): Float32Array<ArrayBuffer> {
  const flat = new Float32Array(flatLength(tensors));
  let begin = 0;
  for (const { name, rows, columns } of tensors) {
    const value = values.get(name);
    if (value?.length !== rows * columns) {
      throw new RangeError(`Cannot flatten "${name}": ${value?.length ?? 'no'} elements found, ${rows * columns} wanted`);
    }
    flat.set(value, begin);
    begin += value.length;
  }
  return flat;
}
