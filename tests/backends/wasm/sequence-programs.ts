// What the tests of single operations have in common: a microbatch, the compiler's choices, and programs of one result.

import { type Microbatch, type Program, ProgramBuilder, type Value } from '../../../tensor/index.js';
import { fusionChoices } from './same-bits.js';

/** Two groups of sequences, not the first ones. */
export const microbatch: Microbatch = { key: [11, 7], firstSequence: 40, sequenceCount: 16 };
/** All that a program is compiled with. */
export const choices = Object.keys(fusionChoices);

/** A program of one sequence-space result, whose elements all become outputs. */
export function sequenceProgram(author: (builder: ProgramBuilder) => Value): Program {
  const builder = new ProgramBuilder();
  builder.output('result', builder.batchSum(author(builder), true));
  return builder.build();
}

/** A sequence-space value that depends on the sequence and on an input. */
export function panel(builder: ProgramBuilder, name: string, rows: number, columns: number): Value {
  const spread = builder.subtract(builder.multiply(builder.uniform(rows, columns), 4), 2);
  return builder.multiply(spread, builder.input(name, rows, columns));
}
