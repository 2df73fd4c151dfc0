// A program as the compiler sees it: the values that some output needs, with their shapes, stages and users.

import { inferValues, type Operation, type Program, type ValueInformation } from '../tensor/index.js';

/** One operation with what is known of its result. */
export interface Value extends ValueInformation {
  readonly index: number;
  readonly operation: Operation;
  readonly operands: readonly number[];
  /** Needed operations that read this value, in the program's order. */
  readonly users: readonly number[];
}

/** The needed part of a program. */
export interface Graph {
  readonly program: Program;
  /** By index in the program; undefined where no output needs the operation. */
  readonly values: readonly (Value | undefined)[];
  /** Needed values in the program's order. */
  readonly order: readonly Value[];
  readonly outputs: ReadonlySet<number>;
}

/** The indexes of the values that an operation reads. */
export const operandsOf = (operation: Operation): readonly number[] => ('of' in operation ? operation.of : []);

/** Finds what the outputs need. */
export function graphOf(program: Program): Graph {
  const information = inferValues(program);
  const outputs = new Set(program.outputs.map(({ value }) => value));
  const needed = reach(program, outputs);
  const users = program.operations.map((): number[] => []);
  program.operations.forEach((operation, index) => {
    if (!needed.has(index)) return;
    for (const operand of new Set(operandsOf(operation))) users[operand]!.push(index);
  });
  const values = program.operations.map((operation, index) =>
    needed.has(index)
      ? { ...information[index]!, index, operation, operands: operandsOf(operation), users: users[index]! }
      : undefined,
  );
  return { program, values, order: values.filter((value) => value !== undefined), outputs };
}

/** A delay may need an operation after it, so the search goes by edges and not by order. */
function reach(program: Program, outputs: ReadonlySet<number>): ReadonlySet<number> {
  const needed = new Set<number>();
  const waiting = [...outputs];
  for (let index = waiting.pop(); index !== undefined; index = waiting.pop()) {
    if (needed.has(index)) continue;
    needed.add(index);
    waiting.push(...operandsOf(program.operations[index]!));
  }
  return needed;
}

/** The needed value with this index. */
export function valueAt(graph: Graph, index: number): Value {
  const value = graph.values[index];
  if (value === undefined) throw new TypeError(`Cannot read value ${index}: it is not part of the compiled program`);
  return value;
}
