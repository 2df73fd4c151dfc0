// A program as the compiler sees it: the values that some output needs, with their shapes, stages and users.

import { inferValues, type Operation, type Program, type ValueInformation } from '../../tensor/index.js';

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

const pointwiseNames: ReadonlySet<string> = new Set([
  ...['negate', 'absolute', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos', 'flush', 'select', 'scan', 'batchSum'],
  ...['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'less', 'lessOrEqual', 'equal'],
]);

/** Whether an operation works on one element of its operands at a time, so that it can share a kernel with others. */
export const isPointwise = (operation: Operation): boolean =>
  pointwiseNames.has(operation.op) || (operation.op === 'sum' && operation.axis === 'rows');

/** The shape over which an operation runs: its operand's, where it sums, otherwise its own. */
export function domainOf(graph: Graph, value: Value): { readonly rows: number; readonly columns: number } {
  const { op } = value.operation;
  return op === 'sum' || op === 'batchSum' || op === 'weightGradient' ? valueAt(graph, value.operands[0]!) : value;
}

/** The direction of time an operation demands: 0 where any will do. */
export function directionOf(graph: Graph, { operation, operands }: Value): -1 | 0 | 1 {
  if (operation.op === 'scan') return operation.reverse ? -1 : 1;
  const sumsOverTime =
    operation.op === 'weightGradient' ||
    (operation.op === 'sum' && operation.axis === 'rows') ||
    (operation.op === 'batchSum' && !operation.keepRows);
  return sumsOverTime && valueAt(graph, operands[0]!).rows > 1 ? -1 : 0;
}
