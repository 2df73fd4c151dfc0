// The fields of every operation as they travel: what a decoder accepts, and nothing else.

import { binaryOperations, unaryOperations, type OperationName } from './program.js';

/** What a field may hold. `operands` lists how many; 0 means one or more. */
export type FieldRule =
  | { readonly type: 'integer'; readonly least: number; readonly most: number }
  | { readonly type: 'boolean' }
  | { readonly type: 'choice'; readonly of: readonly string[] }
  | { readonly type: 'operands'; readonly count: number }
  | { readonly type: 'words' };

const size: FieldRule = { type: 'integer', least: 1, most: 2 ** 24 };
const offset: FieldRule = { type: 'integer', least: 0, most: 2 ** 24 };
const word: FieldRule = { type: 'integer', least: 0, most: 2 ** 32 - 1 };
const flag: FieldRule = { type: 'boolean' };
const axis: FieldRule = { type: 'choice', of: ['rows', 'columns'] };
const operands = (count: number): FieldRule => ({ type: 'operands', count });

const elementwise = Object.fromEntries([
  ...unaryOperations.map((op) => [op, { of: operands(1) }] as const),
  ...binaryOperations.map((op) => [op, { of: operands(2) }] as const),
]) as Readonly<Record<(typeof unaryOperations)[number] | (typeof binaryOperations)[number], { readonly of: FieldRule }>>;

/** The rule of every field of every operation (`region` is common to all). */
export const operationFields: Readonly<Record<OperationName, Readonly<Record<string, FieldRule>>>> = {
  ...elementwise,
  input: { input: offset },
  constant: { rows: size, columns: size, bits: word },
  table: { rows: size, columns: size, bits: { type: 'words' } },
  iota: { rows: size, columns: size, axis },
  uniform: { rows: size, columns: size, draw: { type: 'integer', least: 0, most: 2 ** 31 } },
  flush: { of: operands(1), exponent: { type: 'integer', least: -120, most: -1 } },
  select: { of: operands(3) },
  expand: { of: operands(1), rows: size, columns: size },
  matmul: { of: operands(2), transposed: flag },
  product: {
    of: operands(2),
    form: { type: 'choice', of: ['nn', 'nt', 'tn'] },
    triangle: { type: 'choice', of: ['none', 'output', 'left'] },
  },
  sum: { of: operands(1), axis },
  max: { of: operands(1) },
  total: { of: operands(1) },
  slice: { of: operands(1), row: offset, column: offset, rows: size, columns: size },
  pad: { of: operands(1), row: offset, column: offset, rows: size, columns: size },
  concatenate: { of: operands(0), axis },
  reshape: { of: operands(1), rows: size, columns: size },
  transpose: { of: operands(1) },
  shift: { of: operands(1), by: { type: 'integer', least: -(2 ** 24), most: 2 ** 24 } },
  scan: { of: operands(2), reverse: flag },
  delay: { of: operands(1), rows: size, columns: size },
  weightGradient: { of: operands(2) },
  batchSum: { of: operands(1), keepRows: flag },
};
