// What a lease asks for, whether it is a tree node or a segment.

import type { TreeNode } from '../tensor/index.js';
import type { WorkerEffect } from './events.js';
import type { HeldLease } from './lease-queue.js';

/** The size of a lease in units of its pace: microbatches, or steps. */
export const sizeOf = (lease: HeldLease): number => (lease.type === 'segment' ? lease.stepCount : lease.end - lease.begin);

/** Leases of one key take time in proportion to their sizes. */
export const paceKeyOf = (lease: HeldLease): string =>
  lease.type === 'segment' ? `${lease.programSha256} ${lease.updateSha256}` : lease.programSha256;

/** What a contribution says of its range. */
export function stepsOf(lease: HeldLease): TreeNode & { readonly stepCount?: number } {
  if (lease.type === 'lease') return { begin: lease.begin, end: lease.end };
  return { begin: 0, end: lease.microbatchCount, stepCount: lease.stepCount };
}

/** What is to be computed. */
export function computeEffect(
  lease: HeldLease,
  more: { readonly taskId: number; readonly microbatchSize: number; readonly limitMilliseconds: number },
): WorkerEffect {
  const { programSha256, parametersSha256, key } = lease;
  if (lease.type === 'lease') {
    const node = { begin: lease.begin, end: lease.end };
    return { type: 'compute', task: { ...more, programSha256, parametersSha256, key, node } };
  }
  const { updateSha256, request, step, stepCount, microbatchCount, scalarCount, digestEvery, digestsSums } = lease;
  const steps = { key, step, stepCount, microbatchCount, scalarCount, digestEvery, digestsSums };
  return { type: 'computeSegment', task: { ...more, ...steps, programSha256, updateSha256, request } };
}
