// What the WASM compiler asks of a value: whether it works element by element, over which shape and in which direction of time.

import type { Operation } from '../../tensor/index.js';
import { type Graph, type Value, valueAt } from '../graph.js';

export { type Graph, graphOf, operandsOf, type Value, valueAt } from '../graph.js';

const pointwiseNames: ReadonlySet<string> = new Set([
  ...['negate', 'absolute', 'sqrt', 'exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos', 'flush', 'select', 'scan', 'batchSum'],
  ...['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'less', 'lessOrEqual', 'equal'],
]);

/** Whether an operation works on one element of its operands at a time, so that it can share a kernel with others. */
export const isPointwise = (operation: Operation): boolean =>
  pointwiseNames.has(operation.op) || (operation.op === 'sum' && operation.axis === 'rows');

/** Whether a value is a sum over sequences. */
export const isSumOverSequences = ({ operation: { op } }: Value): boolean => op === 'batchSum' || op === 'weightGradient';

/** The shape over which an operation runs: its operand's, where it sums, otherwise its own. */
export function domainOf(graph: Graph, value: Value): { readonly rows: number; readonly columns: number } {
  return value.operation.op === 'sum' || isSumOverSequences(value) ? valueAt(graph, value.operands[0]!) : value;
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
