// How long workers are waited for: deadlines that pass, workers that fall silent, leases that fail.

import type { Job } from './job.js';
import type { SchedulingOptions } from './options.js';
import { allowanceMilliseconds } from './rates.js';
import { paceOf, type LeaseRecord, type WorkerRecord } from './workers.js';

// An expired lease is still answered to by its worker for so many times its allowance; then it may be asked anew.
const forgetFactor = 4;

/** Notes that a worker is alive. */
export function hear(worker: WorkerRecord, now: number): void {
  worker.heardAt = now;
  worker.silentUntil = -Infinity;
  worker.silenceCount = 0;
}

/** Leaves a worker alone that was waited for in vain, longer each time. */
export function silence(worker: WorkerRecord, waitedMilliseconds: number, now: number, options: SchedulingOptions): void {
  const pause = waitedMilliseconds * 2 ** Math.min(worker.silenceCount, 30);
  worker.silenceCount += 1;
  worker.silentUntil = now + Math.min(pause, options.silenceLimitMilliseconds);
}

/** Leaves a worker alone whose lease failed, longer each time. */
export function rest(worker: WorkerRecord, now: number, options: SchedulingOptions): void {
  const pause = options.failureRestMilliseconds * 2 ** Math.min(worker.failureCount, 30);
  worker.failureCount += 1;
  worker.restUntil = now + Math.min(pause, options.silenceLimitMilliseconds);
}

/** Starts the clock of the lease that has come to the head of its worker's queue. */
export function startNext(worker: WorkerRecord, paceKey: string, now: number, options: SchedulingOptions): void {
  const head = worker.queue[0];
  if (head?.startedAt !== undefined || head === undefined) return;
  const estimate = paceOf(worker, paceKey).estimate;
  head.startedAt = now;
  head.deadline = now + allowanceMilliseconds(estimate, head.size, options);
}

/** Learns from a lease that was taken away before it was answered: its worker is at least this slow. */
export function noteUnanswered(lease: LeaseRecord, paceKey: string, now: number, options: SchedulingOptions): void {
  if (lease.startedAt === undefined) return;
  const waited = now - lease.startedAt;
  const pace = paceOf(lease.worker, paceKey);
  if (waited > (pace.estimate?.median ?? 0) * lease.size) pace.add(waited, lease.size, now);
  if (lease.state !== 'exclusive') silence(lease.worker, waited, now, options);
}

/** Leases whose deadline has passed, with those that wait behind them. */
export function expire(job: Job, now: number, options: SchedulingOptions): readonly LeaseRecord[] {
  const late = [...job.leases.values()].filter(
    ({ state, startedAt, deadline }) => state !== 'expired' && startedAt !== undefined && deadline <= now,
  );
  const expired: LeaseRecord[] = [];
  for (const head of late) {
    silence(head.worker, now - (head.startedAt ?? now), now, options);
    for (const lease of head.worker.queue) {
      if (lease.state === 'expired') continue;
      job.share(lease, 'expired');
      expired.push(lease);
    }
  }
  return expired;
}

/** Expired leases that are no longer waited for at all. */
export function forgettable(job: Job, now: number): readonly LeaseRecord[] {
  return [...job.leases.values()].filter(({ state, startedAt, deadline }) => {
    return state === 'expired' && startedAt !== undefined && now - deadline > forgetFactor * (deadline - startedAt);
  });
}
