// What a worker is willing to run: a bound on everything a program can grow in.

import type { Program } from './program.js';
import { ProgramError } from './program-error.js';
import { countFlops } from './flops.js';
import { inputLength, outputLength } from './layout.js';
import { inferValues } from './values.js';

/** Upper bounds on a program. */
export interface ProgramLimits {
  /** Length of the serialized program. */
  readonly bytes: number;
  readonly operations: number;
  /** Rows or columns of one value. */
  readonly dimension: number;
  /** Elements of one value. */
  readonly elements: number;
  /** Elements of all sequence-space values together, for one sequence. */
  readonly sequenceElements: number;
  /** Elements of all parameter-space values together. */
  readonly parameterElements: number;
  /** Floating-point operations for one sequence. */
  readonly flopsPerSequence: number;
}

/** Generous for research, harmless for a volunteer's machine. */
export const defaultLimits: ProgramLimits = {
  bytes: 4 * 2 ** 20,
  operations: 8192,
  dimension: 65536,
  elements: 4 * 2 ** 20,
  sequenceElements: 8 * 2 ** 20,
  parameterElements: 64 * 2 ** 20,
  flopsPerSequence: 4e9,
};

/** Throws ProgramError with code `program-over-limit`, naming the bound, where a program exceeds one. */
export function enforceLimits(program: Program, limits: ProgramLimits): void {
  const check = (name: keyof ProgramLimits, found: number): void => {
    if (found <= limits[name]) return;
    throw new ProgramError('program-over-limit', `Cannot accept program: ${name} ${found} found, at most ${limits[name]} wanted`);
  };
  check('operations', program.operations.length);
  const values = inferValues(program);
  let sequenceElements = 0;
  let parameterElements = inputLength(program) + outputLength(program);
  for (const { rows, columns, space } of values) {
    check('dimension', Math.max(rows, columns));
    check('elements', rows * columns);
    if (space === 'sequence') sequenceElements += rows * columns;
    else parameterElements += rows * columns;
  }
  check('sequenceElements', sequenceElements);
  check('parameterElements', parameterElements);
  check('flopsPerSequence', countFlops(program).perSequence);
}
