// What happens to a worker, and what it then does. The core turns one into the other; a shell brings events and carries out effects.

import type { Bytes, CloseCode, Closure, WorkerMessage } from '../protocol/index.js';
import type { Key, Program, TreeNode } from '../tensor/index.js';
import type { SegmentSteps } from './segment.js';

/** A lease as work: sum the program's outputs over the microbatches of a tree node. */
export interface ComputeTask {
  /** Unique in this process and ascending: lease ids are the coordinator's and may come again. */
  readonly taskId: number;
  readonly programSha256: string;
  readonly parametersSha256: string;
  readonly key: Key;
  readonly node: TreeNode;
  readonly microbatchSize: number;
  /** A computation that takes longer is ended by force. */
  readonly limitMilliseconds: number;
}

/** Consecutive steps of a run, for a computer that takes them. */
export interface SegmentTask extends SegmentSteps {
  readonly taskId: number;
  readonly programSha256: string;
  readonly updateSha256: string;
  /** State and scalars, as they came. */
  readonly request: Float32Array;
  readonly limitMilliseconds: number;
}

/** The result of a task, sealed where it was computed. The sums may be overwritten by the task after the next. */
export interface ComputedSums {
  readonly sums: Float32Array;
  readonly finite: boolean;
  /** Of the sums' bytes; of the empty string where they are not finite. */
  readonly payloadSha256: string;
  readonly milliseconds: number;
}

/** Something that happened. Every `compute` and every `computeSegment` effect is answered by exactly one of the last three. */
export type WorkerEvent =
  | { readonly type: 'start' }
  | { readonly type: 'connected' }
  | { readonly type: 'disconnected'; readonly closure: Closure }
  | { readonly type: 'frame'; readonly frame: Bytes }
  | { readonly type: 'timer' }
  /** Finish what is being computed, give the rest back, leave. */
  | { readonly type: 'drain' }
  /** Leave at once. */
  | { readonly type: 'stop' }
  | ({ readonly type: 'computed'; readonly taskId: number } & ComputedSums)
  | { readonly type: 'computeCancelled'; readonly taskId: number }
  | { readonly type: 'computeFailed'; readonly taskId: number; readonly code: ComputeFailureCode; readonly reason: string };

/** Why a task failed: the program cannot run here at all, this time something broke, or the device is not what it was proved to be. */
export type ComputeFailureCode = 'program-rejected' | 'compute-failed' | 'proof-failed';

/** What becomes of a task. */
export type ComputeResult =
  | ({ readonly type: 'computed' } & ComputedSums)
  | { readonly type: 'computeCancelled' }
  | { readonly type: 'computeFailed'; readonly code: ComputeFailureCode; readonly reason: string };

/** How a worker ended. */
export type WorkerOutcome =
  | { readonly type: 'finished'; readonly reason: 'completed' | 'diverged' | 'stopped'; readonly parametersSha256: string }
  | { readonly type: 'drained' }
  | { readonly type: 'stopped' }
  | { readonly type: 'failed'; readonly code: string; readonly message: string };

/** Something to do, in the order given. */
export type WorkerEffect =
  | { readonly type: 'connect'; readonly afterMilliseconds: number }
  | { readonly type: 'send'; readonly message: WorkerMessage; readonly payload?: Float32Array }
  | { readonly type: 'disconnect'; readonly code: CloseCode; readonly reason: string }
  /** A timer event is wanted after this time, in place of the one asked for before. */
  | { readonly type: 'wake'; readonly afterMilliseconds: number }
  | { readonly type: 'loadProgram'; readonly sha256: string; readonly program: Program; readonly bytes: Uint8Array }
  | { readonly type: 'unloadProgram'; readonly sha256: string }
  /** The parameters that the following tasks name; an older task may still be running. */
  | { readonly type: 'loadParameters'; readonly sha256: string; readonly bytes: Uint8Array }
  | { readonly type: 'compute'; readonly task: ComputeTask }
  | { readonly type: 'computeSegment'; readonly task: SegmentTask }
  | { readonly type: 'cancelCompute'; readonly taskId: number }
  | { readonly type: 'report'; readonly level: 'info' | 'warning'; readonly text: string }
  | { readonly type: 'exit'; readonly outcome: WorkerOutcome };
