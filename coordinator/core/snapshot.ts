// What the core shows of itself, for status pages and results.

import type { JobKind } from './events.js';
import type { Job } from './job.js';
import { isAvailable, type WorkerRecord, type Workers, type WorkerStatistics } from './workers.js';

/** A connected worker, for people. */
export interface WorkerSnapshot extends Readonly<WorkerStatistics> {
  readonly kind: string;
  readonly backend: string;
  readonly software: string;
  readonly threadCount: number;
  readonly leaseCount: number;
  readonly state: 'active' | 'silent' | 'draining';
  /** Median over its last arrivals in the program of the job, or of the last one; null before the first. */
  readonly microbatchesPerSecond: number | null;
  /** How long the lease at hand has been waited for; null without one. */
  readonly lagMilliseconds: number | null;
  /** Since its last message. */
  readonly quietMilliseconds: number;
}

/** The state of the core at one moment. */
export interface CoreSnapshot {
  readonly job: {
    readonly jobId: number;
    readonly kind: JobKind;
    readonly step: number;
    readonly microbatchCount: number;
    readonly leaseCount: number;
    readonly heldNodeCount: number;
    /** Nodes whose sums wait for a second opinion. */
    readonly questionCount: number;
  } | null;
  readonly workers: readonly WorkerSnapshot[];
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
}

/** Takes a picture of workers and job. */
export function snapshotOf(workers: Workers, job: Job | undefined, now: number): CoreSnapshot {
  const statistics = [...workers.statistics];
  return {
    job:
      job === undefined
        ? null
        : {
            jobId: job.jobId,
            kind: job.request.kind,
            step: job.request.step,
            microbatchCount: job.request.microbatchCount,
            leaseCount: job.leases.size,
            heldNodeCount: job.reduction.heldCount,
            questionCount: job.opinions.length,
          },
    workers: [...workers].map((worker) => workerSnapshot(worker, job, now)),
    reissuedLeases: statistics.reduce((sum, worker) => sum + worker.reissuedLeases, 0),
    droppedContributions: statistics.reduce((sum, worker) => sum + worker.droppedContributions, 0),
  };
}

function workerSnapshot(worker: WorkerRecord, job: Job | undefined, now: number): WorkerSnapshot {
  const { kind, backend, software, threadCount } = worker.hello;
  const startedAt = worker.queue[0]?.startedAt;
  // Between jobs and after the last one: what it was in the program that it met last, which is training.
  const pace = job === undefined ? [...worker.paces.values()].at(-1) : worker.paces.get(job.paceKey);
  const estimate = pace?.estimate;
  return {
    ...worker.statistics,
    kind,
    backend,
    software,
    threadCount,
    leaseCount: worker.queue.length,
    state: worker.draining ? 'draining' : isAvailable(worker, now) ? 'active' : 'silent',
    microbatchesPerSecond: estimate === undefined ? null : 1000 / estimate.median,
    lagMilliseconds: startedAt === undefined ? null : now - startedAt,
    quietMilliseconds: now - worker.heardAt,
  };
}
