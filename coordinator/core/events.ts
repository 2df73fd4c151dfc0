// What the coordinator's core hears and what it wants done. The shell translates both ways and decides nothing.

import type { Arithmetic, CloseCode, CoordinatorMessage, WorkerMessage } from '../../protocol/index.js';
import type { Floats, Key } from '../../tensor/index.js';

/** The shell's number for a connection; never used twice. */
export type ConnectionId = number;

/** What a job computes: a training step or an evaluation. */
export type JobKind = 'train' | 'evaluate';

/** One reduction over the microbatches of a step or an evaluation. */
export interface JobRequest {
  readonly kind: JobKind;
  readonly step: number;
  readonly programSha256: string;
  readonly parametersSha256: string;
  readonly parameters: Floats;
  readonly key: Key;
  readonly microbatchCount: number;
  /** What a worker needs to go on with the following steps by itself; nothing: it must not. */
  readonly segment?: SegmentRequest;
}

/** Steps that may be computed by one worker, beginning with the one of their job. */
export interface SegmentRequest {
  readonly updateSha256: string;
  /** Folded over run seed and stream. */
  readonly key: Key;
  readonly optimizerState: Floats;
  /** Steps until something else is to be done than a step. */
  readonly stepLimit: number;
  readonly scalarCount: number;
  /** The update's scalars at a step. */
  readonly scalars: (step: number) => Floats;
  readonly digestEvery: number;
  readonly digestsSums: boolean;
}

/** A tree node of a finished job and who computed it. */
export interface CommittedContribution {
  readonly begin: number;
  readonly end: number;
  readonly workerId: string;
  readonly sha256: string;
  /** Present where its bits are not the contract's. */
  readonly arithmetic?: Extract<Arithmetic, 'tolerant'>;
}

/** The root of a job's tree, and the contributions it is the sum of. */
export interface JobResult {
  readonly jobId: number;
  readonly kind: JobKind;
  readonly step: number;
  /** Sums over all microbatches, in the order of the program's outputs; of a segment its result (protocol/segment-payload.ts). */
  readonly outputs: Float32Array;
  /** Steps of a segment; undefined where the job was a reduction. */
  readonly stepCount: number | undefined;
  readonly contributions: readonly CommittedContribution[];
  readonly milliseconds: number;
}

/** What can happen to the core. */
export type CoreEvent =
  /** `place`: connections of the same one may be one person's; what it says is of no interest here and is told to nobody. */
  | { readonly type: 'connected'; readonly connection: ConnectionId; readonly place?: string }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId }
  | {
      readonly type: 'message';
      readonly connection: ConnectionId;
      readonly message: WorkerMessage;
      readonly payload?: Float32Array;
    }
  | { readonly type: 'tick' }
  | { readonly type: 'jobRequested'; readonly job: JobRequest }
  | {
      readonly type: 'runEnded';
      readonly reason: 'completed' | 'diverged' | 'stopped';
      readonly parametersSha256: string;
    };

/** Something worth telling a person. */
export interface LogEntry {
  readonly level: 'information' | 'warning';
  readonly text: string;
}

/** What the core wants done. */
export type Effect =
  | {
      readonly type: 'send';
      readonly connections: readonly ConnectionId[];
      readonly message: CoordinatorMessage;
      readonly payload?: Uint8Array | Float32Array;
    }
  | { readonly type: 'close'; readonly connection: ConnectionId; readonly code: CloseCode; readonly reason: string }
  | { readonly type: 'jobFinished'; readonly result: JobResult }
  | { readonly type: 'jobDiverged'; readonly kind: JobKind; readonly step: number }
  | { readonly type: 'log'; readonly entry: LogEntry };
