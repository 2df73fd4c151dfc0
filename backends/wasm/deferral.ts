// Which weight gradients wait until several groups of sequences are there: those with one time step per sequence, whose accumulators
// would otherwise travel through the cache for eight multiplications each.

import { isView } from './access.js';
import { type Graph, isPointwise, type Value, valueAt } from './graph.js';

/** The deferred weight gradients, the operands that are kept for them, and the views among those that have to be copied. */
export interface Deferral {
  readonly deferred: ReadonlySet<number>;
  readonly kept: ReadonlySet<number>;
  readonly copied: ReadonlySet<number>;
}

/** Nothing is deferred. */
export const noDeferral: Deferral = { deferred: new Set(), kept: new Set(), copied: new Set() };

/** Chooses the weight gradients to defer. */
export function deferralOf(graph: Graph): Deferral {
  const deferred = new Set<number>();
  const kept = new Set<number>();
  const copied = new Set<number>();
  for (const { index, operation, operands } of graph.order) {
    if (operation.op !== 'weightGradient') continue;
    const values = operands.map((operand) => valueAt(graph, operand));
    if (!values.every((value) => value.rows === 1 && isKeepable(graph, value))) continue;
    deferred.add(index);
    for (const value of values) {
      kept.add(value.index);
      if (isView(value)) copied.add(value.index);
    }
  }
  return { deferred, kept, copied };
}

/** Whether every kernel that touches the value can find the panel of the current group among several. */
function isKeepable(graph: Graph, value: Value): boolean {
  const { operation, region, users } = value;
  const produced = isPointwise(operation) || operation.op === 'matmul' || isView(value);
  if (!produced || region !== undefined || operation.op === 'scan') return false;
  return users.every((index) => {
    const user = valueAt(graph, index);
    const isWindow = user.operation.op === 'slice' || user.operation.op === 'pad' || user.operation.op === 'concatenate';
    if (isWindow) return user.users.every((reader) => isAddressable(valueAt(graph, reader)));
    return isAddressable(user);
  });
}

const isAddressable = ({ operation, region }: Value): boolean =>
  region === undefined && (isPointwise(operation) || operation.op === 'matmul' || operation.op === 'weightGradient');
