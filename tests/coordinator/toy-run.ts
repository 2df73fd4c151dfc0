// A run without sockets, clocks and learning: the core, and workers whose sums are a toy function of the microbatch.

import { createHash } from 'node:crypto';
import {
  CoordinatorCore,
  defaultRecheck,
  defaultScheduling,
  type ConnectionId,
  type CoreOptions,
  type Effect,
  type JobRequest,
  type JobResult,
  type RecheckOptions,
} from '../../coordinator/index.js';
import {
  bytesOfFloats,
  contractVersion,
  numericsProfile,
  protocolVersion,
  type Contribution,
  type Hello,
  type Lease,
  type WorkerMessage,
} from '../../protocol/index.js';
import { sumTree, type TreeNode } from '../../tensor/index.js';

export const outputLength = 5;
export const proof = { conformance: 'a'.repeat(64), microbatch: 'b'.repeat(64) };
export const trainSha256 = '1'.repeat(64);

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Sums that show any change of order in their last bits. */
export function toyLeaf(index: number, salt = 0): Float32Array<ArrayBuffer> {
  const leaf = new Float32Array(outputLength);
  let state = (index * 0x9e3779b1 + salt * 0x85ebca6b + 1) >>> 0;
  for (let element = 0; element < outputLength; element++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    leaf[element] = (state / 2 ** 31 - 1) * 2 ** (state % 7);
  }
  return leaf;
}

export const toySum = (node: TreeNode, salt = 0): Float32Array<ArrayBuffer> => sumTree(node, (index) => toyLeaf(index, salt));

export function coreOptions(overrides: Partial<CoreOptions> = {}): CoreOptions {
  return {
    runId: 'toy',
    microbatchSize: 8,
    programs: [{ role: 'train', sha256: trainSha256, bytes: Uint8Array.of(123, 125), inputLength: 3, outputLength }],
    admission: { workerLimit: 100, proof, admitsTolerant: false, acceptsToken: () => true },
    scheduling: defaultScheduling,
    recheck: recheckOptions(),
    heartbeatMilliseconds: 1000,
    digest: sha256,
    ...overrides,
  };
}

export function recheckOptions(overrides: Partial<RecheckOptions> = {}): RecheckOptions {
  return { ...defaultRecheck, fraction: 0.05, isVolunteer: ({ kind }) => kind === 'browser', chance: () => 0.5, ...overrides };
}

export function helloFrom(name: string, overrides: Partial<Hello> = {}): Hello {
  return {
    type: 'hello',
    ...{ protocolVersion, contractVersion, profile: numericsProfile },
    workerId: sha256(Buffer.from(name)).slice(0, 32),
    workerName: name,
    ...{ kind: 'node', backend: 'interpreter', threadCount: 1, software: 'toy', proof, arithmetic: 'exact' },
    ...overrides,
  };
}

export function jobOf(microbatchCount: number, step = 0): JobRequest {
  const parameters = Float32Array.of(step, 1, 2);
  return {
    ...{ kind: 'train', step, programSha256: trainSha256, key: [1, 2], microbatchCount },
    parametersSha256: sha256(bytesOfFloats(parameters)),
    parameters,
  };
}

export function answerTo(lease: Lease, sums = toySum(lease, lease.step)): { message: Contribution; payload: Float32Array } {
  const { leaseId, jobId, parametersSha256, begin, end } = lease;
  const payloadSha256 = sha256(bytesOfFloats(sums));
  const message = { type: 'contribution', leaseId, jobId, parametersSha256, begin, end } as const;
  return { message: { ...message, finite: true, payloadSha256, computeMilliseconds: 1 }, payload: sums };
}

export function nonFiniteAnswerTo(lease: Lease): Contribution {
  return { ...answerTo(lease).message, finite: false, payloadSha256: sha256(new Uint8Array(0)) };
}

/** A core with a clock that the test moves, and a mailbox for every connection. */
export class ToyRun {
  readonly core: CoordinatorCore;
  readonly leases = new Map<ConnectionId, Lease[]>();
  readonly cancelled = new Set<number>();
  readonly results: JobResult[] = [];
  readonly effects: Effect[] = [];
  divergedStep: number | undefined;
  now = 0;

  constructor(options: Partial<CoreOptions> = {}) {
    this.core = new CoordinatorCore(coreOptions(options));
  }

  do(event: Parameters<CoordinatorCore['handle']>[0]): readonly Effect[] {
    const effects = this.core.handle(event, this.now);
    for (const effect of effects) this.#carryOut(effect);
    this.effects.push(...effects);
    return effects;
  }

  join(connection: ConnectionId, overrides: Partial<Hello> = {}, place = `place-${connection}`): readonly Effect[] {
    this.leases.set(connection, []);
    this.do({ type: 'connected', connection, place });
    return this.do({ type: 'message', connection, message: helloFrom(`worker-${connection}`, overrides) });
  }

  leave(connection: ConnectionId): void {
    this.leases.delete(connection);
    this.do({ type: 'disconnected', connection });
  }

  say(connection: ConnectionId, message: WorkerMessage, payload?: Float32Array): readonly Effect[] {
    return this.do({ type: 'message', connection, message, ...(payload === undefined ? {} : { payload }) });
  }

  /** The oldest lease of a connection, which it then no longer holds. */
  next(connection: ConnectionId): Lease {
    const lease = this.leases.get(connection)?.shift();
    if (lease === undefined) throw new Error(`Cannot take a lease: connection ${connection} has none`);
    return lease;
  }

  /** The ranges that a connection holds, as text. */
  held(connection: ConnectionId): string {
    return (this.leases.get(connection) ?? []).map(({ begin, end }) => `[${begin},${end})`).join(' ');
  }

  /** Answers the oldest lease of a connection. */
  answer(connection: ConnectionId): readonly Effect[] {
    const { message, payload } = answerTo(this.next(connection));
    return this.say(connection, message, payload);
  }

  /** Answers the oldest lease of a connection with these sums. */
  answerWith(connection: ConnectionId, sums: Float32Array<ArrayBuffer>): readonly Effect[] {
    const { message, payload } = answerTo(this.next(connection), sums);
    return this.say(connection, message, payload);
  }

  #carryOut(effect: Effect): void {
    if (effect.type === 'jobFinished') this.results.push(effect.result);
    if (effect.type === 'jobDiverged') this.divergedStep = effect.step;
    if (effect.type === 'close') this.leases.delete(effect.connection);
    if (effect.type !== 'send') return;
    const { message } = effect;
    for (const connection of effect.connections) {
      const leases = this.leases.get(connection);
      if (message.type === 'lease') leases?.push(message);
      if (message.type !== 'cancel') continue;
      for (const id of message.leaseIds) this.cancelled.add(id);
      this.leases.set(
        connection,
        (leases ?? []).filter(({ leaseId }) => !message.leaseIds.includes(leaseId)),
      );
    }
  }
}
