// Floating-point operations of a program, counted before any fusion: 2mnk for a matrix product, one for each element of an
// element-wise operation or reduction. Copies and views count nothing; generating data counts its element-wise operations.

import type { Operation, Program } from './program.js';
import { inferValues, type ValueInformation } from './values.js';

/** Floating-point operations for one sequence, and for one microbatch apart from its sequences. */
export interface FlopCount {
  readonly perSequence: number;
  readonly perMicrobatch: number;
}

/** Counts a program's floating-point operations. */
export function countFlops(program: Program): FlopCount {
  const values = inferValues(program);
  let perSequence = 0;
  let perMicrobatch = 0;
  program.operations.forEach((operation, id) => {
    const value = values[id];
    if (value === undefined) return;
    const flops = operationFlops(operation, value, values);
    if (value.space === 'sequence' || operation.op === 'weightGradient' || operation.op === 'batchSum') perSequence += flops;
    else perMicrobatch += flops;
  });
  return { perSequence, perMicrobatch };
}

const elements = (value: ValueInformation | undefined): number => (value === undefined ? 0 : value.rows * value.columns);

function operationFlops(operation: Operation, value: ValueInformation, values: readonly ValueInformation[]): number {
  switch (operation.op) {
    case 'input':
    case 'constant':
    case 'table':
    case 'iota':
    case 'uniform':
    case 'expand':
    case 'slice':
    case 'pad':
    case 'concatenate':
    case 'reshape':
    case 'transpose':
    case 'shift':
    case 'delay':
    case 'flush':
      return 0;
    case 'matmul':
      return 2 * value.rows * value.columns * (values[operation.of[0]]?.columns ?? 0);
    case 'weightGradient':
      return 2 * elements(value) * (values[operation.of[0]]?.rows ?? 0);
    case 'product': {
      const left = values[operation.of[0]];
      const inner = (operation.form === 'tn' ? left?.rows : left?.columns) ?? 0;
      // A triangular product computes (n + 1) / 2n of a full one.
      const share = operation.triangle === 'none' ? 1 : (value.rows + 1) / (2 * value.rows);
      return 2 * elements(value) * inner * share;
    }
    case 'scan':
      return 2 * elements(value);
    case 'sum':
    case 'max':
    case 'total':
    case 'batchSum':
      return elements(values[operation.of[0]]);
    default:
      return elements(value);
  }
}
