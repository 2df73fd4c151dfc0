// What is expected of a worker: microbatches per millisecond, measured, or guessed from its threads and from the others.

import { medianOf, type PaceEstimate } from './pace.js';
import type { SchedulingOptions } from './options.js';
import { paceOf, type LeaseRecord, type WorkerRecord } from './workers.js';

/** The speeds of some workers in jobs of one kind. */
export interface Rates {
  /** Microbatches per millisecond; only comparable with each other where nothing has been measured. */
  readonly of: ReadonlyMap<WorkerRecord, number>;
  readonly total: number;
  /** Whether the rates have a unit: something has been measured. */
  readonly measured: boolean;
}

/** The speeds of these workers in jobs of this kind. */
export function ratesOf(workers: readonly WorkerRecord[], paceKey: string): Rates {
  const estimates = workers.map((worker) => paceOf(worker, paceKey).estimate);
  const guess = estimates.includes(undefined) ? ratePerThread(workers, estimates) : undefined;
  const of = new Map<WorkerRecord, number>();
  let total = 0;
  for (const [index, worker] of workers.entries()) {
    const estimate = estimates[index];
    const rate = estimate === undefined ? (guess ?? 1) * worker.hello.threadCount : 1 / estimate.median;
    of.set(worker, rate);
    total += rate;
  }
  return { of, total, measured: guess !== undefined || !estimates.includes(undefined) };
}

/** What a thread does in the workers that are known; undefined where none is. */
function ratePerThread(workers: readonly WorkerRecord[], estimates: readonly (PaceEstimate | undefined)[]): number | undefined {
  const rates = estimates.flatMap((estimate, index) => {
    return estimate === undefined ? [] : [1 / estimate.median / (workers[index]?.hello.threadCount ?? 1)];
  });
  return rates.length === 0 ? undefined : medianOf(rates);
}

/** How long a worker may take for so many microbatches before its lease expires. */
export function allowanceMilliseconds(
  estimate: PaceEstimate | undefined,
  microbatchCount: number,
  options: SchedulingOptions,
): number {
  if (estimate === undefined) return options.firstDeadlineMilliseconds;
  // Arrivals can be so regular that their deviation says nothing about the next disturbance.
  const deviation = Math.max(estimate.deviation, estimate.median / 10);
  const expected = (estimate.median + options.deadlineDeviations * deviation) * microbatchCount;
  return Math.max(options.deadlineFloorMilliseconds, expected);
}

/**
 * How long a lease will still take. One that should have come already, or whose worker is unknown, is expected to
 * take as long again as it has been late.
 */
export function remainingMilliseconds(lease: LeaseRecord, paceKey: string, now: number): number {
  const { queue } = lease.worker;
  const median = paceOf(lease.worker, paceKey).estimate?.median ?? 0;
  let finish = queue[0]?.startedAt ?? now;
  for (const ahead of queue) {
    finish += median * ahead.size;
    if (ahead === lease) break;
  }
  return Math.abs(finish - now);
}
