// The leases that a worker holds: one is being computed, the others wait in the order in which they came.

import type { Lease } from '../protocol/index.js';

/** The lease being computed. It stays until its threads are free, even when nobody wants its result any more. */
export interface RunningLease {
  readonly taskId: number;
  readonly lease: Lease;
  readonly wanted: boolean;
}

/** What a worker holds. */
export interface HeldLeases {
  readonly running: RunningLease | undefined;
  readonly waiting: readonly Lease[];
}

/** No lease. */
export const noLeases: HeldLeases = { running: undefined, waiting: [] };

/** The leases whose results are still wanted, the running one first. */
export function wantedLeases({ running, waiting }: HeldLeases): readonly Lease[] {
  return running?.wanted === true ? [running.lease, ...waiting] : waiting;
}

/** The leases without those that are no longer wanted; a running one goes on but its result is dropped. */
export function keepLeases({ running, waiting }: HeldLeases, isWanted: (lease: Lease) => boolean): HeldLeases {
  return {
    running: running === undefined ? undefined : { ...running, wanted: running.wanted && isWanted(running.lease) },
    waiting: waiting.filter(isWanted),
  };
}
