// What holds inside a region: operations that run one time step at a time, one after the other, over equally many steps.

import type { Operation } from './program.js';
import { ProgramError } from './program-error.js';
import type { Context, ValueInformation } from './values.js';

/** Operations that may run one time step at a time. */
const regionOperations: ReadonlySet<string> = new Set([
  ...['negate', 'absolute', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos', 'flush', 'select', 'delay', 'matmul'],
  ...['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'less', 'lessOrEqual', 'equal', 'sum', 'max'],
  ...['slice', 'pad', 'concatenate', 'expand'],
]);

/** A shape as errors show it. */
export const describeShape = (value: { readonly rows: number; readonly columns: number }): string =>
  `[${value.rows}, ${value.columns}]`;

function regionFailure(index: number, operation: Operation, wanted: string): never {
  throw new ProgramError('program-region', `Cannot accept operation ${index} (${operation.op}) in a region: ${wanted} wanted`);
}

/** Throws where an operation may not run one time step at a time in its region. */
export function checkRegion(
  operation: Operation,
  operands: readonly ValueInformation[],
  { index, program, values }: Context,
): void {
  const region = operation.region ?? -1;
  if (program.regions[region] === undefined)
    regionFailure(index, operation, `a region below ${program.regions.length}, not ${region},`);
  if (!regionOperations.has(operation.op)) regionFailure(index, operation, 'an operation that runs one time step at a time');
  // Operations on parameters alone may stand between those of a region: they run before it.
  const previous = values.findLast((value) => value.space === 'sequence');
  const seen = values.some((value) => value.region === region);
  if (seen && previous?.region !== region) regionFailure(index, operation, 'consecutive operations');
  if (operation.op === 'sum' && operation.axis !== 'columns') regionFailure(index, operation, 'a sum over columns');
  if (operation.op === 'concatenate' && operation.axis !== 'columns') regionFailure(index, operation, 'concatenation of columns');
  if (operation.op === 'slice' || operation.op === 'pad') {
    if (operation.row !== 0 || operation.rows !== operands[0]?.rows)
      regionFailure(index, operation, 'a window over all time steps');
  }
  const rows = timeSteps(values, region) ?? (operation.op === 'delay' ? operation.rows : undefined);
  for (const operand of operands) {
    const isWeight = operation.op === 'matmul' && operand === operands[1];
    const fits = rows === undefined || isWeight || operand.rows === rows || operand.rows === 1;
    if (!fits) regionFailure(index, operation, `operands of ${rows} or 1 rows`);
  }
  if (operands.length > 0 && operation.op !== 'expand' && operands.every((operand) => operand.space === 'parameter')) {
    regionFailure(index, operation, 'a sequence-space operand');
  }
}

/** Throws where a result has other time steps than its region. */
export function checkTimeSteps(operation: Operation, shape: { readonly rows: number }, { index, values }: Context): void {
  const rows = timeSteps(values, operation.region ?? -1);
  if (rows !== undefined && shape.rows !== rows) regionFailure(index, operation, `a result of ${rows} rows, not ${shape.rows},`);
}

function timeSteps(values: readonly ValueInformation[], region: number): number | undefined {
  return values.find((value) => value.region === region)?.rows;
}

/** Throws where a delay's operand, which may come later, does not fit. */
export function checkDelay(
  operation: Operation & { readonly op: 'delay' },
  index: number,
  values: readonly ValueInformation[],
): void {
  const source = values[operation.of[0]];
  const value = values[index];
  if (source === undefined || value === undefined || operation.region === undefined || source.region !== operation.region) {
    regionFailure(index, operation, 'an operand of the same region');
  }
  if (source.rows !== value.rows || source.columns !== value.columns) {
    throw new ProgramError(
      'program-shape',
      `Cannot accept operation ${index} (delay): ${describeShape(source)} found, ${describeShape(value)} wanted`,
    );
  }
}
