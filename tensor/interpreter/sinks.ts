// The sinks: sums over the sequences of a microbatch in four accumulators per element, groups of 8 ascending, time descending.

import type { SinkOperation } from '../program.js';
import type { Matrix } from './matrix.js';

/** Four accumulators of a sink's result. */
export type Accumulators = readonly Float32Array<ArrayBuffer>[];

/** Accumulators of +0. */
export const createAccumulators = (length: number): Accumulators => Array.from({ length: 4 }, () => new Float32Array(length));

/** Adds one group of 8 sequences. `valueOf` gives a sequence's value by its place in the group. */
export function addGroup(
  operation: SinkOperation,
  accumulators: Accumulators,
  valueOf: (sequence: number, id: number) => Matrix,
): void {
  const rows = valueOf(0, operation.of[0]).rows;
  for (let t = rows - 1; t >= 0; t -= 1) {
    for (let sequence = 0; sequence < 8; sequence += 1) {
      const sums = accumulators[sequence % 4];
      if (sums === undefined) continue;
      const x = valueOf(sequence, operation.of[0]);
      if (operation.op === 'batchSum') addRow(sums, { x, t, offset: operation.keepRows ? t * x.columns : 0 });
      else addOuterProduct(sums, { dy: x, x: valueOf(sequence, operation.of[1]), t });
    }
  }
}

function addRow(sums: Float32Array, { x, t, offset }: { readonly x: Matrix; readonly t: number; readonly offset: number }): void {
  for (let u = 0; u < x.columns; u += 1) sums[offset + u] = (sums[offset + u] ?? 0) + (x.data[t * x.columns + u] ?? 0);
}

function addOuterProduct(
  sums: Float32Array,
  { dy, x, t }: { readonly dy: Matrix; readonly x: Matrix; readonly t: number },
): void {
  for (let m = 0; m < dy.columns; m += 1) {
    const left = dy.data[t * dy.columns + m] ?? 0;
    for (let k = 0; k < x.columns; k += 1) {
      const index = m * x.columns + k;
      sums[index] = (sums[index] ?? 0) + Math.fround(left * (x.data[t * x.columns + k] ?? 0));
    }
  }
}

/** (s0 + s1) + (s2 + s3), each sum rounded. */
export function finish(accumulators: Accumulators, result: Matrix): void {
  const lane = (index: number, element: number): number => accumulators[index]?.[element] ?? 0;
  for (let element = 0; element < result.data.length; element += 1) {
    const first = Math.fround(lane(0, element) + lane(1, element));
    result.data[element] = first + Math.fround(lane(2, element) + lane(3, element));
  }
}
