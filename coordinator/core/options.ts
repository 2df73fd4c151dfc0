// What the core is told once, at its start.

import type { Hello, Proof } from '../../protocol/index.js';
import type { Reputations } from './reputations.js';

/** A program that workers run, as it travels. */
export interface RunProgram {
  readonly role: 'train' | 'evaluate' | 'update';
  readonly sha256: string;
  /** The canonical bytes. */
  readonly bytes: Uint8Array;
  readonly inputLength: number;
  readonly outputLength: number;
}

/** Who may join. */
export interface AdmissionOptions {
  readonly workerLimit: number;
  /** The digests that an exact worker's hello carries. */
  readonly proof: Proof;
  /** Whether workers are welcome whose results are only close to the contract's. */
  readonly admitsTolerant: boolean;
  /** Whether a hello with this join token, or without one, is welcome. */
  readonly acceptsToken: (token: string | undefined) => boolean;
}

/** How work is dealt out. None of these numbers changes a bit of the result. */
export interface SchedulingOptions {
  /** A lease is sized to take about this long, and less where a worker's fair share of the job is less. */
  readonly targetLeaseMilliseconds: number;
  /** A segment is sized to take about this long, up to half as long again so that the steps to a checkpoint are in equal parts. */
  readonly segmentMilliseconds: number;
  /** Reductions and segments are measured anew after this time, or later where measuring takes long. */
  readonly compareAgainMilliseconds: number;
  /** Leases that a worker holds at once, so that it never waits for the next one. */
  readonly queueDepth: number;
  /** A deadline is median + this many median absolute deviations of the time that the worker needed so far. */
  readonly deadlineDeviations: number;
  /** No deadline is shorter. */
  readonly deadlineFloorMilliseconds: number;
  /** The deadline of a worker of which nothing is known yet. */
  readonly firstDeadlineMilliseconds: number;
  /** A straggler's node is given to idle workers when they would be done so much sooner. */
  readonly backupMarginMilliseconds: number;
  /** A worker that is so slow that it gets no share is measured again after this time: it may have been slow but once. */
  readonly measureAgainMilliseconds: number;
  /** A worker that does not answer is left alone for as long as it was waited for, then twice as long, up to this. */
  readonly silenceLimitMilliseconds: number;
  /** A worker whose lease failed rests this long, then twice as long, up to the same limit. */
  readonly failureRestMilliseconds: number;
}

/** Scheduling that suits steps from milliseconds to minutes. */
export const defaultScheduling: SchedulingOptions = {
  targetLeaseMilliseconds: 50,
  segmentMilliseconds: 500,
  compareAgainMilliseconds: 60_000,
  queueDepth: 2,
  deadlineDeviations: 10,
  deadlineFloorMilliseconds: 1000,
  firstDeadlineMilliseconds: 30_000,
  backupMarginMilliseconds: 2,
  measureAgainMilliseconds: 2000,
  silenceLimitMilliseconds: 10_000,
  failureRestMilliseconds: 100,
};

/** How results are checked by computing them again. With exact workers none of it changes a bit of the result. */
export interface RecheckOptions {
  /** The part of what volunteers contribute that is computed again; 1: all of it, without exception; 0: none. */
  readonly fraction: number;
  /** Everything of a volunteer is computed again until so many of its sums were confirmed. */
  readonly provingCount: number;
  /** Whether a worker is not the owner's. */
  readonly isVolunteer: (hello: Hello) => boolean;
  /** Where there is no other worker, a sum waits for one so long, once; where everything is to be computed again, without end. */
  readonly waitMilliseconds: number;
  /** How often a GPU's work is computed again by another kind of device, if there is one. */
  readonly auditMilliseconds: number;
  /** Uniform in [0, 1), and not to be foreseen by any worker. */
  readonly chance: () => number;
}

/** Rechecks that suit volunteers whom nobody knows. */
export const defaultRecheck = { provingCount: 10, waitMilliseconds: 5_000, auditMilliseconds: 600_000 } as const;

/** Everything that the core knows about its run. */
export interface CoreOptions {
  readonly runId: string;
  readonly microbatchSize: number;
  readonly programs: readonly RunProgram[];
  readonly admission: AdmissionOptions;
  readonly scheduling: SchedulingOptions;
  readonly recheck: RecheckOptions;
  /** What other runs know of workers, and shall know; nothing: this run is alone. */
  readonly reputations?: Reputations;
  readonly heartbeatMilliseconds: number;
  /** SHA-256 in lower-case hexadecimal digits. */
  readonly digest: (bytes: Uint8Array) => string;
}
