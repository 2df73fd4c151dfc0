// The leases that a worker holds: one is being computed, the others wait in the order in which they came.

import type { Lease, Segment } from '../protocol/index.js';

/** A segment with the state that it begins with. */
export interface HeldSegment extends Segment {
  readonly request: Float32Array;
}

/** A lease that a worker holds: a tree node, or a segment. */
export type HeldLease = Lease | HeldSegment;

/** The lease being computed. It stays until its threads are free, even when nobody wants its result any more. */
export interface RunningLease {
  readonly taskId: number;
  readonly lease: HeldLease;
  readonly wanted: boolean;
}

/** What a worker holds. */
export interface HeldLeases {
  readonly running: RunningLease | undefined;
  readonly waiting: readonly HeldLease[];
}

/** No lease. */
export const noLeases: HeldLeases = { running: undefined, waiting: [] };

/** The leases whose results are still wanted, the running one first. */
export function wantedLeases({ running, waiting }: HeldLeases): readonly HeldLease[] {
  return running?.wanted === true ? [running.lease, ...waiting] : waiting;
}

/** The leases without those that are no longer wanted; a running one goes on but its result is dropped. */
export function keepLeases({ running, waiting }: HeldLeases, isWanted: (lease: HeldLease) => boolean): HeldLeases {
  return {
    running: running === undefined ? undefined : { ...running, wanted: running.wanted && isWanted(running.lease) },
    waiting: waiting.filter(isWanted),
  };
}
