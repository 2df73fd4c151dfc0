// The flat vectors of a program: inputs and outputs one after the other, each row by row.

import type { Program } from './program.js';
import { inferValues } from './values.js';

/** Where a tensor lies in a flat vector. */
export interface TensorPlace {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  readonly offset: number;
  readonly length: number;
}

function places(
  tensors: readonly { readonly name: string; readonly rows: number; readonly columns: number }[],
): readonly TensorPlace[] {
  let offset = 0;
  return tensors.map(({ name, rows, columns }) => {
    const place = { name, rows, columns, offset, length: rows * columns };
    offset += place.length;
    return place;
  });
}

const lengthOf = (tensors: readonly TensorPlace[]): number => tensors.reduce((sum, tensor) => sum + tensor.length, 0);

/** The input tensors in the flat input vector. */
export const inputLayout = (program: Program): readonly TensorPlace[] => places(program.inputs);

/** The output tensors in the flat output vector. */
export function outputLayout(program: Program): readonly TensorPlace[] {
  const values = inferValues(program);
  return places(
    program.outputs.map(({ name, value }) => ({ name, rows: values[value]?.rows ?? 0, columns: values[value]?.columns ?? 0 })),
  );
}

/** Elements of the flat input vector. */
export const inputLength = (program: Program): number => lengthOf(inputLayout(program));
/** Elements of the flat output vector. */
export const outputLength = (program: Program): number => lengthOf(outputLayout(program));
