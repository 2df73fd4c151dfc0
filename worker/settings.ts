// What a worker is told at its start: who it is, how long it waits, what it accepts.

import type { Hello } from '../protocol/index.js';
import type { ProgramLimits } from '../tensor/index.js';

/** Who the worker is: the fields of its hello that stay the same over reconnects. */
export type WorkerIdentity = Pick<
  Hello,
  'workerId' | 'workerName' | 'kind' | 'backend' | 'threadCount' | 'software' | 'proof' | 'arithmetic' | 'segments' | 'token'
>;

/** Waiting times of a worker. */
export interface WorkerTimes {
  /**
   * The shortest and the longest pause before the next attempt to connect; it doubles in between. The longest one decides how long a
   * run waits after its coordinator has come back, however long that was away: docs/decisions/030-a-worker-knocks-every-three-seconds.md.
   */
  readonly shortestPauseMilliseconds: number;
  readonly longestPauseMilliseconds: number;
  /** A coordinator that was never reached is given up after this time. */
  readonly connectMilliseconds: number;
  /** A coordinator that was reached once is given up after this time without it; null: never. */
  readonly reconnectMilliseconds: number | null;
  /** A connection on which hello stays unanswered this long is closed. */
  readonly welcomeMilliseconds: number;
  /** A computation may always take this long. */
  readonly computeMilliseconds: number;
  /** Beyond that it may take this many times the expected time. */
  readonly computeFactor: number;
}

/** Times that suit a worker on any network. */
export const defaultWorkerTimes: WorkerTimes = {
  shortestPauseMilliseconds: 250,
  longestPauseMilliseconds: 3000,
  connectMilliseconds: 30_000,
  reconnectMilliseconds: null,
  welcomeMilliseconds: 10_000,
  computeMilliseconds: 30_000,
  computeFactor: 10,
};

/** What a worker does not go beyond, whoever asks. */
export interface WorkerLimits {
  readonly program: ProgramLimits;
  /** Leases that wait at one time; more are given back. */
  readonly leaseCount: number;
  /** Computations that may fail one after the other before the worker ends. */
  readonly failureCount: number;
}

/** Limits on the conversation alone; those of programs come from tensor/. */
export const defaultLeaseLimits = { leaseCount: 256, failureCount: 3 } as const;

/** Everything that a worker's core is made from. */
export interface WorkerSettings {
  readonly identity: WorkerIdentity;
  readonly times: WorkerTimes;
  readonly limits: WorkerLimits;
  /** Lower-case hexadecimal SHA-256. */
  readonly sha256: (bytes: Uint8Array) => string;
  /** Uniform in [0, 1): spreads the reconnects of many workers. */
  readonly random: () => number;
}
