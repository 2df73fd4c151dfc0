// Who computes what next. Decisions here change how long a job takes, never its bits.
//
// A worker's share of what is free is its part of all workers' speed; a lease is that share, or less where the share would
// take longer than the target. First everyone gets a lease, then a second one to have at hand. Where nothing is free
// and workers are idle, the straggler that would take longest is backed: its node counts as free for the others.

import type { TreeNode } from '../../tensor/index.js';
import type { Job } from './job.js';
import type { SchedulingOptions } from './options.js';
import { allowanceMilliseconds, ratesOf, remainingMilliseconds, type Rates } from './rates.js';
import { sizeTolerance } from './free-nodes.js';
import { sizeOf } from './reduction.js';
import type { SecondOpinion } from './second-opinion.js';
import { isAvailable, paceOf, type LeaseRecord, type WorkerRecord } from './workers.js';

/** A node for a worker. */
export interface Assignment {
  readonly worker: WorkerRecord;
  readonly node: TreeNode;
  /** The question that the node is computed again for. */
  readonly opinion?: SecondOpinion;
}

/** How work is given out, and when. */
interface Schedule {
  readonly options: SchedulingOptions;
  readonly now: number;
  readonly issue: (assignment: Assignment) => void;
}

/** Gives out work; `issue` makes each assignment a lease before the next one is decided. */
export function assignWork(job: Job, workers: Iterable<WorkerRecord>, schedule: Schedule): void {
  const { options, now, issue } = schedule;
  const available = [...workers].filter((worker) => isAvailable(worker, now));
  // The usual case, and it comes with every contribution: everything is given out and everyone is busy.
  if (job.free.isEmpty && available.every((worker) => worker.queue.length > 0)) return;
  const rates = ratesOf(available, job.paceKey);
  measureAgain(job, rates, schedule);
  for (let depth = 1; depth <= options.queueDepth && !job.free.isEmpty; depth++) {
    assignShares(job, rates, depth, { options, issue });
  }
  for (;;) {
    const idle = available.filter((worker) => worker.queue.length === 0);
    const idleRates = ratesOf(idle, job.paceKey);
    if (!backStraggler(job, { ...idleRates, measured: rates.measured }, options, now)) return;
    assignShares(job, idleRates, 1, { options, issue });
  }
}

/** How a worker's new lease may run: from when, until when. */
export function leaseTimes(
  worker: WorkerRecord,
  microbatchCount: number,
  schedule: { readonly options: SchedulingOptions; readonly now: number; readonly paceKey: string },
): { readonly startedAt: number | undefined; readonly deadline: number; readonly milliseconds: number } {
  const estimate = paceOf(worker, schedule.paceKey).estimate;
  const allowance = allowanceMilliseconds(estimate, microbatchCount, schedule.options);
  const ahead = worker.queue.at(-1);
  const begin = Math.max(schedule.now, ahead?.deadline ?? schedule.now);
  const deadline = begin + allowance;
  return {
    startedAt: ahead === undefined ? schedule.now : undefined,
    deadline,
    milliseconds: Math.max(1, Math.ceil(deadline - schedule.now)),
  };
}

/** Gives a microbatch to idle workers too slow for a share of which nothing has come for long: they may have been slow but once. */
function measureAgain(job: Job, rates: Rates, { options, now, issue }: Schedule): void {
  const freeCount = job.free.microbatchCount;
  for (const [worker, rate] of rates.of) {
    const { estimate, measuredAt } = paceOf(worker, job.paceKey);
    const isForgotten = estimate !== undefined && now - measuredAt >= options.measureAgainMilliseconds;
    if (!isForgotten || worker.queue.length > 0 || (freeCount * rate) / rates.total >= 1) continue;
    const node = job.free.take(1, []);
    if (node !== undefined) issue({ worker, node });
  }
}

function assignShares(
  job: Job,
  rates: Rates,
  depth: number,
  { options, issue }: { readonly options: SchedulingOptions; readonly issue: (assignment: Assignment) => void },
): void {
  const freeCount = job.free.microbatchCount;
  const latest = depth === 1 ? Infinity : sizeTolerance * earliestFinish(rates);
  for (const [worker, rate] of candidates(rates, depth)) {
    if (job.free.isEmpty) return;
    // Others would be done with more work so much earlier that it had better wait for them to be idle.
    if (finishOf(worker, rate) > latest) return;
    const target = rates.measured ? options.targetLeaseMilliseconds * rate : Infinity;
    const wishedSize = Math.max(1, Math.min((freeCount * rate) / rates.total, target));
    const node = job.free.take(
      wishedSize,
      worker.queue.map((lease) => lease.node),
    );
    if (node !== undefined) issue({ worker, node });
  }
}

/** Workers with room, the fastest first; among those with work, the one that will be done first. */
function candidates(rates: Rates, depth: number): readonly (readonly [WorkerRecord, number])[] {
  const withRoom = [...rates.of].filter(([worker]) => worker.queue.length < depth);
  if (depth === 1) return withRoom.toSorted(([, a], [, b]) => b - a);
  return withRoom.toSorted((a, b) => finishOf(...a) - finishOf(...b));
}

/** When a worker would be done with one microbatch more than it has. */
function finishOf(worker: WorkerRecord, rate: number): number {
  return worker.queue.reduce((size, { node }) => size + sizeOf(node), 1) / rate;
}

function earliestFinish(rates: Rates): number {
  let earliest = Infinity;
  for (const [worker, rate] of rates.of) earliest = Math.min(earliest, finishOf(worker, rate));
  return earliest;
}

/** Backs the lease that would take longest, if idle workers of these speeds would be done with it clearly sooner. */
function backStraggler(job: Job, idle: Rates, options: SchedulingOptions, now: number): boolean {
  if (idle.of.size === 0 || !job.free.isEmpty) return false;
  const straggler = slowestLease(job, now);
  if (straggler === undefined) return false;
  // Where nothing has been measured yet, the second attempt is taken to be quick.
  const again = idle.measured ? sizeOf(straggler.lease.node) / idle.total : 0;
  if (straggler.remaining <= again * 1.25 + options.backupMarginMilliseconds) return false;
  job.share(straggler.lease, 'backed');
  return !job.free.isEmpty;
}

function slowestLease(job: Job, now: number): { readonly lease: LeaseRecord; readonly remaining: number } | undefined {
  let slowest: { readonly lease: LeaseRecord; readonly remaining: number } | undefined;
  for (const lease of job.leases.values()) {
    if (lease.state !== 'exclusive' || job.isQuestioned(lease.node)) continue;
    const remaining = remainingMilliseconds(lease, job.paceKey, now);
    if (slowest === undefined || remaining > slowest.remaining) slowest = { lease, remaining };
  }
  return slowest;
}
