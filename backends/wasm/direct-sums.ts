// Sums over sequences that one element-wise kernel reads straight from their accumulators: four lanes for each element, which it adds up
// itself instead of a kernel before it.

import { type Graph, isSumOverSequences, type Value } from './graph.js';
import { isFlat } from './pointwise-places.js';
import type { Schedule } from './schedule.js';

/** The sums that need no memory but their accumulators. */
export function directSumsOf(graph: Graph, schedule: Schedule): ReadonlySet<number> {
  const sums = graph.order.filter((value) => isSumOverSequences(value) && !graph.outputs.has(value.index));
  return new Set(sums.filter((sum) => isReadOnce(sum, { graph, schedule })).map(({ index }) => index));
}

function isReadOnce(sum: Value, scheduled: { readonly graph: Graph; readonly schedule: Schedule }): boolean {
  const kernels = sum.users.map((user) => scheduled.schedule.kernelOf.get(user));
  const [kernel] = kernels;
  if (kernel?.type !== 'pointwise' || kernels.some((other) => other !== kernel)) return false;
  return kernel.rows === sum.rows && kernel.columns === sum.columns && isFlat(scheduled, kernel);
}
