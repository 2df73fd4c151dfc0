// A worker's core in a conversation with a scripted coordinator: no socket, no clock, no threads.

import { createHash } from 'node:crypto';
import {
  contractVersion,
  encodeFrame,
  numericsProfile,
  protocolVersion,
  type CoordinatorMessage,
  type Lease,
  type Welcome,
  type WorkerMessage,
} from '../../protocol/index.js';
import { canonicalBytes, defaultLimits, inputLength, outputLength, ProgramBuilder, type Program } from '../../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  WorkerCore,
  type ComputedSums,
  type ComputeTask,
  type WorkerEffect,
  type WorkerEvent,
  type WorkerTimes,
} from '../../worker/index.js';

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Σ over sequences of w · u: the smallest program with chance, an input and an output. */
export function smallProgram(inputs = 2, output = 'loss'): Program {
  const b = new ProgramBuilder();
  const w = b.input('w', 1, inputs);
  b.output(output, b.batchSum(b.multiply(b.uniform(1, inputs), w)));
  return b.build();
}

export const program = smallProgram();
export const programBytes = canonicalBytes(program);
export const programSha256 = sha256(programBytes);
const entry = {
  role: 'train',
  sha256: programSha256,
  byteLength: programBytes.length,
  inputLength: inputLength(program),
  outputLength: outputLength(program),
} as const;

export const welcome: Welcome = {
  type: 'welcome',
  runId: 'run-1',
  protocolVersion,
  contractVersion,
  profile: numericsProfile,
  programs: [entry],
  microbatchSize: 16,
  heartbeatMilliseconds: 5000,
};

/** Parameters number `version`, and their digest. */
export function parametersOf(version: number) {
  const values = new Float32Array([version, -version]);
  return { values, sha256: sha256(new Uint8Array(values.buffer)) };
}

/** A lease on the first parameters. */
export function leaseOf(leaseId: number, fields: Partial<Lease> = {}): Lease {
  const digests = { programSha256, parametersSha256: parametersOf(1).sha256 };
  const node = { begin: 0, end: 4, microbatchCount: 4 };
  return {
    type: 'lease',
    leaseId,
    jobId: 1,
    kind: 'train',
    step: 0,
    key: [1, 2],
    deadlineMilliseconds: 1000,
    ...digests,
    ...node,
    ...fields,
  };
}

/** What a finished task gives. */
export function sumsOf(values: readonly number[], milliseconds = 8): ComputedSums {
  const sums = new Float32Array(values);
  return { sums, finite: true, payloadSha256: sha256(new Uint8Array(sums.buffer)), milliseconds };
}

/** A core and what it does. */
export class Conversation {
  now = 1000;
  readonly #core: WorkerCore;

  constructor({ times = {}, chance = 1 }: { readonly times?: Partial<WorkerTimes>; readonly chance?: number } = {}) {
    const proof = { conformance: 'a'.repeat(64), microbatch: 'b'.repeat(64) };
    const names = { workerId: '0'.repeat(32), workerName: 'test', software: 'test 1' };
    this.#core = new WorkerCore({
      identity: { ...names, kind: 'node', backend: 'wasm', threadCount: 2, proof, arithmetic: 'exact' },
      times: { ...defaultWorkerTimes, ...times },
      limits: { program: defaultLimits, ...defaultLeaseLimits },
      sha256,
      random: () => chance,
    });
  }

  /** What the core does about an event, reports left out. */
  on(event: WorkerEvent): readonly WorkerEffect[] {
    return this.#core.handle(event, this.now).filter((effect) => effect.type !== 'report');
  }

  /** What it does about a message from the coordinator. */
  hear(message: CoordinatorMessage, payload?: Uint8Array | Float32Array): readonly WorkerEffect[] {
    return this.on({ type: 'frame', frame: encodeFrame(message, payload) });
  }

  /** Up to the moment in which leases can come. */
  join(welcomed = welcome): this {
    this.on({ type: 'start' });
    this.on({ type: 'connected' });
    this.hear(welcomed);
    this.hear({ type: 'program', sha256: programSha256 }, programBytes);
    this.giveParameters(1);
    return this;
  }

  giveParameters(version: number): readonly WorkerEffect[] {
    const { values, sha256: digest } = parametersOf(version);
    return this.hear({ type: 'parameters', sha256: digest, step: version }, values);
  }

  lose(
    code: 'connection-lost' | 'shutting-down' | 'proof-failed' | 'out-of-step' | 'normal' = 'connection-lost',
  ): readonly WorkerEffect[] {
    return this.on({ type: 'disconnected', closure: { code, reason: 'test' } });
  }
}

/** The types of effects, in order. */
export const typesOf = (effects: readonly WorkerEffect[]): readonly string[] => effects.map((effect) => effect.type);

/** The messages among effects. */
export const sentIn = (effects: readonly WorkerEffect[]): readonly WorkerMessage[] =>
  effects.flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));

/** The tasks among effects. */
export const tasksIn = (effects: readonly WorkerEffect[]): readonly ComputeTask[] =>
  effects.flatMap((effect) => (effect.type === 'compute' ? [effect.task] : []));
