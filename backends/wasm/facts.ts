// What is known of a value before anything runs, and lets work be left out without changing a bit.

import { type Graph, valueAt } from './graph.js';

const oneBits = 0x3f800000;

/** Whether every element of the last column is 1, whatever the inputs. */
export function endsWithOnes(graph: Graph, index: number): boolean {
  const { operation, columns } = valueAt(graph, index);
  switch (operation.op) {
    case 'constant':
      return operation.bits === oneBits;
    case 'table':
      return operation.bits.every((bits, element) => bits === oneBits || element % columns < columns - 1);
    case 'flush':
      return operation.exponent <= 0 && endsWithOnes(graph, operation.of[0]);
    case 'expand':
      return endsWithOnes(graph, operation.of[0]);
    case 'concatenate':
      return operation.axis === 'columns'
        ? endsWithOnes(graph, operation.of.at(-1)!)
        : operation.of.every((part) => endsWithOnes(graph, part));
    default:
      return false;
  }
}

/** Results in which the sign of a zero operand is lost: sums begin with +0, and +0 − 0 is +0. */
const losing: ReadonlySet<string> = new Set([
  ...['flush', 'absolute', 'less', 'lessOrEqual', 'equal', 'scan', 'sum', 'batchSum', 'matmul', 'product', 'weightGradient'],
]);
/** Results in which it is the sign of a zero at most. */
const keeping: ReadonlySet<string> = new Set([
  ...['add', 'subtract', 'multiply', 'negate', 'slice', 'pad', 'concatenate', 'reshape', 'transpose', 'shift', 'expand'],
]);

/** Whether nothing that comes out of the program depends on the sign of this value's zeros. */
export function isZeroSignIgnored(graph: Graph, index: number): boolean {
  if (graph.outputs.has(index)) return false;
  return valueAt(graph, index).users.every((user) => {
    const { op } = valueAt(graph, user).operation;
    return losing.has(op) || (keeping.has(op) && isZeroSignIgnored(graph, user));
  });
}
