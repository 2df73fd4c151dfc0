// The workers of a run, for the live page: those that are connected, and those that have left something behind.

import { liveLimits, type LiveWorker, type LiveWorkers } from '../../protocol/index.js';
import type { WorkerSnapshot, WorkerStatistics } from '../index.js';

/** The beginning of a worker's random id: enough to tell one from another. */
export const shortId = (workerId: string): string => workerId.slice(0, 8);

/** Connected workers first; among each other by what they have contributed. Of very many the first ones. */
export function liveWorkers(
  connected: readonly WorkerSnapshot[],
  statistics: readonly Readonly<WorkerStatistics>[],
  microbatchSize: number,
): LiveWorkers {
  const ids = new Set(connected.map(({ workerId }) => workerId));
  const gone = statistics.filter(({ workerId, committedNodes }) => !ids.has(workerId) && committedNodes > 0);
  const byContribution = (a: Readonly<WorkerStatistics>, b: Readonly<WorkerStatistics>): number =>
    b.microbatches - a.microbatches;
  const here = connected.toSorted(byContribution).slice(0, liveLimits.workers);
  const left = gone.toSorted(byContribution).slice(0, liveLimits.workers - here.length);
  return {
    connectedCount: connected.length,
    listed: [...here.map((worker) => connectedWorker(worker, microbatchSize)), ...left.map(departedWorker)],
    unlistedCount: connected.length + gone.length - here.length - left.length,
  };
}

function connectedWorker(worker: WorkerSnapshot, microbatchSize: number): LiveWorker {
  const { kind, backend, software, threadCount, state, microbatchesPerSecond, lagMilliseconds, quietMilliseconds } = worker;
  const whole = (milliseconds: number): number => Math.max(0, Math.round(milliseconds));
  return {
    ...contributionsOf(worker),
    ...{ kind, backend, software, threadCount, state },
    sequencesPerSecond: microbatchesPerSecond === null ? null : Math.round(microbatchesPerSecond * microbatchSize),
    lagMilliseconds: lagMilliseconds === null ? null : whole(lagMilliseconds),
    quietMilliseconds: whole(quietMilliseconds),
  };
}

function departedWorker(worker: Readonly<WorkerStatistics>): LiveWorker {
  const unknown = { kind: '', backend: '', software: '', threadCount: 0 };
  return {
    ...{ ...contributionsOf(worker), ...unknown, state: 'gone' },
    ...{ sequencesPerSecond: null, lagMilliseconds: null, quietMilliseconds: null },
  };
}

function contributionsOf(worker: Readonly<WorkerStatistics>) {
  const { workerId, name, arithmetic, committedNodes, microbatches, reissuedLeases, droppedContributions } = worker;
  return {
    id: shortId(workerId),
    name,
    proofClass: arithmetic,
    committedNodes,
    microbatches,
    reissuedLeases,
    droppedContributions,
  };
}
