// What computes leases for a worker: the threads of a machine, or a device. A shell hands it what the core wants to have done.

import type { Proof } from '../protocol/index.js';
import type { Program } from '../tensor/index.js';
import type { ComputeFailureCode, ComputeResult, ComputeTask, SegmentTask, WorkerOutcome } from './events.js';
import type { ArithmeticClass } from './examination.js';

/** What a computer has shown of its arithmetic. */
export interface Proven {
  readonly proof: Proof;
  readonly arithmetic: ArithmeticClass;
}

/** It computes one task at a time. */
export interface Computer {
  /** Shows its arithmetic; comes before everything else. Rejects where the computer cannot start. */
  prove(): Promise<Proven>;
  /** Takes a program; compiling goes on beside other work, and what is wrong with it is told by the first task. */
  loadProgram(sha256: string, program: Program): void;
  /** Forgets a program. */
  unloadProgram(sha256: string): void;
  /** Takes the parameters for the following tasks; the running one keeps its own. */
  loadParameters(bytes: Uint8Array): void;
  /** Sums a lease. Never rejects. */
  compute(task: ComputeTask): Promise<ComputeResult>;
  /** Computes a segment. Never rejects. Absent: it takes none. */
  computeSegment?(task: SegmentTask): Promise<ComputeResult>;
  /** Stops a task as soon as that is possible. */
  cancel(taskId: number): void;
  /** Ends it, also amid a task. May be called again. */
  close(): Promise<void>;
}

/** The end of a worker that failed. */
export type FailedWorker = Extract<WorkerOutcome, { readonly type: 'failed' }>;

const computersFaults: readonly string[] = ['program-rejected', 'compute-failed', 'proof-failed', 'wrong-bits'];

/** Whether a worker ended because of what it computed with: something else on the same machine may do better. */
export const isComputersFault = (outcome: WorkerOutcome): outcome is FailedWorker =>
  outcome.type === 'failed' && computersFaults.includes(outcome.code);

/** The result of a task that failed. */
export const computeFailure = (code: ComputeFailureCode, reason: string) => ({ type: 'computeFailed', code, reason }) as const;
