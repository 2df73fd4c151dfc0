// A worker of a simulated world: the real worker core on a virtual clock, with threads that know every sum beforehand.

import { encodeFrame, type Connection } from '../../protocol/index.js';
import { defaultLimits, type Floats } from '../../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  sealSums,
  WorkerCore,
  type ComputeTask,
  type SegmentTask,
  type WorkerEffect,
  type WorkerEvent,
  type WorkerOutcome,
} from '../../worker/index.js';
import type { Chance } from './chance.js';
import { distort, type Lie } from './lies.js';
import { sha256, type Oracle } from './oracle.js';
import { SimulatedProcess } from './process.js';
import type { SimulatedNetwork } from './simulated-network.js';
import type { Trace } from './trace.js';
import type { VirtualClock } from './virtual-clock.js';

/** The proof of class that every simulated worker gives. */
export const simulatedProof = { conformance: 'a'.repeat(64), microbatch: 'b'.repeat(64) };

/** What a worker is like. */
export interface WorkerTraits {
  readonly name: string;
  readonly threadCount: number;
  /** Of one thread. */
  readonly millisecondsPerMicrobatch: number;
  /** A headless worker of the owner's unless told otherwise. */
  readonly kind?: 'node' | 'browser';
  /** Whether it takes several steps at once; nothing: it does not. */
  readonly segments?: boolean;
}

/** Where a worker lives. */
export interface WorkerSurroundings {
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly oracle: Oracle;
  readonly chance: Chance;
  readonly trace: Trace;
  /** Who lies now, and how, by name. */
  readonly lies: ReadonlyMap<string, Lie>;
  readonly onExit: (outcome: WorkerOutcome) => void;
}

interface RunningTask {
  readonly task: ComputeTask | SegmentTask;
  isCancelled: boolean;
}

/** One life of a worker's process. */
export class SimulatedWorker {
  readonly process: SimulatedProcess;
  readonly workerId: string;
  /** How many times as slowly it computes as usual. */
  slowness = 1;
  /** Computations that are going to fail. */
  failures = 0;
  readonly #traits: WorkerTraits;
  readonly #surroundings: WorkerSurroundings;
  readonly #core: WorkerCore;
  readonly #parameters = new Map<string, Floats>();
  #earlierSums: Floats | undefined;
  #connection: Connection | undefined;
  #running: RunningTask | undefined;
  #wakeCount = 0;

  constructor(traits: WorkerTraits, surroundings: WorkerSurroundings, workerId: string) {
    this.#traits = traits;
    this.#surroundings = surroundings;
    this.workerId = workerId;
    this.process = new SimulatedProcess(surroundings.clock);
    const { name, threadCount, kind = 'node', segments = false } = traits;
    const identity = {
      segments,
      workerId,
      workerName: name,
      kind,
      backend: 'wasm',
      threadCount,
      software: 'simulated 0',
    } as const;
    this.#core = new WorkerCore({
      identity: { ...identity, proof: simulatedProof, arithmetic: 'exact' },
      times: defaultWorkerTimes,
      limits: { program: defaultLimits, ...defaultLeaseLimits },
      sha256,
      random: () => surroundings.chance.fraction(),
    });
    surroundings.trace(name, 'lives', () => `starts with ${threadCount} threads`);
    this.#handle({ type: 'start' });
  }

  #handle(event: WorkerEvent): void {
    for (const effect of this.#core.handle(event, this.process.now)) this.#perform(effect);
  }

  #perform(effect: WorkerEffect): void {
    const { trace } = this.#surroundings;
    const { name } = this.#traits;
    switch (effect.type) {
      case 'connect':
        return this.process.after(effect.afterMilliseconds, () => this.#connect());
      case 'send':
        trace(name, 'sends', () => describeMessage(effect.message));
        return this.#send(effect);
      case 'disconnect':
        return this.#connection?.close(effect.code, effect.reason);
      case 'wake':
        return this.#wake(effect.afterMilliseconds);
      case 'loadProgram':
      case 'unloadProgram':
      case 'cancelCompute':
        if (effect.type === 'cancelCompute' && this.#running?.task.taskId === effect.taskId) this.#running.isCancelled = true;
        return;
      case 'loadParameters':
        return this.#keepParameters(effect.sha256, effect.bytes);
      case 'compute':
        return this.#compute({ task: effect.task, isCancelled: false });
      case 'computeSegment':
        return this.#compute({ task: effect.task, isCancelled: false });
      case 'report':
        return trace(name, 'says', () => effect.text);
      case 'exit':
        trace(name, 'lives', () => `ends: ${JSON.stringify(effect.outcome)}`);
        return this.#surroundings.onExit(effect.outcome);
    }
  }

  #send({ message, payload }: Extract<WorkerEffect, { readonly type: 'send' }>): void {
    const frame = encodeFrame(message, payload);
    if (message.type === 'contribution') this.#surroundings.network.remember(this.#traits.name, frame.slice());
    this.#connection?.send(frame);
  }

  #connect(): void {
    const { network } = this.#surroundings;
    const worker = { name: this.#traits.name, process: this.process };
    network.connect(
      worker,
      (connection) => {
        this.#connection = connection;
        this.process.run(() => this.#handle({ type: 'connected' }));
        return {
          onFrame: (frame) => this.#handle({ type: 'frame', frame }),
          onClose: (closure) => {
            this.#connection = undefined;
            this.#handle({ type: 'disconnected', closure });
          },
        };
      },
      (reason) => this.#handle({ type: 'disconnected', closure: { code: 'unreachable', reason } }),
    );
  }

  #wake(milliseconds: number): void {
    this.#wakeCount += 1;
    const count = this.#wakeCount;
    this.process.after(milliseconds, () => {
      if (count === this.#wakeCount) this.#handle({ type: 'timer' });
    });
  }

  #keepParameters(digest: string, bytes: Uint8Array): void {
    // Two vectors, as real workers have them: the task at hand may still use the one before.
    for (const old of [...this.#parameters.keys()].slice(0, -1)) this.#parameters.delete(old);
    this.#parameters.set(digest, new Float32Array(bytes.slice().buffer));
  }

  #compute(running: RunningTask): void {
    this.#running = running;
    const { chance } = this.#surroundings;
    const { threadCount, millisecondsPerMicrobatch } = this.#traits;
    const { task } = running;
    const isSegment = 'request' in task;
    const size = isSegment ? task.stepCount * task.microbatchCount : task.node.end - task.node.begin;
    const parallel = isSegment ? 1 : Math.min(threadCount, size);
    const milliseconds = (size / parallel) * millisecondsPerMicrobatch * this.slowness * chance.between(0.8, 1.3);
    this.process.after(milliseconds, () => this.#finish(running, milliseconds));
  }

  #finish({ task, isCancelled }: RunningTask, milliseconds: number): void {
    const { taskId } = task;
    if (isCancelled) return this.#handle({ type: 'computeCancelled', taskId });
    const found = this.failures > 0 ? undefined : this.#find(task);
    if (found === undefined) {
      this.failures = Math.max(0, this.failures - 1);
      return this.#handle({ type: 'computeFailed', taskId, code: 'compute-failed', reason: 'a compute thread failed' });
    }
    const sums = this.#say(found);
    this.#handle({ type: 'computed', taskId, sums, ...sealSums(sums, sha256), milliseconds });
  }

  /** What there is to be found; undefined without the parameters. */
  #find(task: ComputeTask | SegmentTask): Floats | undefined {
    const { oracle } = this.#surroundings;
    if ('request' in task) return oracle.segment(task);
    const parameters = this.#parameters.get(task.parametersSha256);
    return parameters === undefined ? undefined : oracle.sum({ ...task, parameters });
  }

  /** What it claims to have found. */
  #say(sums: Floats): Floats {
    const { lies, chance, trace } = this.#surroundings;
    const lie = lies.get(this.#traits.name);
    const earlier = this.#earlierSums;
    this.#earlierSums = sums;
    if (lie === undefined || !chance.happens(lie.share)) return sums;
    trace(this.#traits.name, 'says', () => `to itself that it lies: ${lie.kind}`);
    return distort(sums, lie.kind, earlier);
  }
}

function describeMessage(message: {
  readonly type: string;
  readonly leaseId?: number;
  readonly begin?: number;
  readonly end?: number;
  readonly stepCount?: number | undefined;
}): string {
  const { type, leaseId, begin, end, stepCount } = message;
  if (leaseId === undefined) return type;
  if (stepCount !== undefined) return `${type} ${leaseId}, a segment of ${stepCount} ${stepCount === 1 ? 'step' : 'steps'}`;
  return `${type} ${leaseId} [${begin ?? ''}, ${end ?? ''})`;
}
