// A worker that computes with the first thing that works: where one fails the next takes its turn, as a worker of its own.

import { randomBytes, randomInt } from 'node:crypto';
import { defaultProtocolLimits } from '../protocol/index.js';
import { defaultLimits } from '../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  isComputersFault,
  WorkerShell,
  type Computer,
  type FailedWorker,
  type Proven,
  type WorkerIdentity,
  type WorkerOutcome,
  type WorkerSettings,
} from '../worker/index.js';
import { sha256, type LocalComputer } from './local-computers.js';
import type { NodeWorkerOptions } from './node-worker.js';
import { nodeTimers } from './timers.js';
import { connectOverWebSockets } from './websocket-connection.js';

/** A coordinator pings much more often than this. */
const silenceMilliseconds = 60_000;
/** What may wait for a slow network before the connection is given up. */
const bufferedBytes = 4 * defaultProtocolLimits.frameBytes;

/** One worker of this process. */
export class WorkerTurns {
  /** How it ended. Never rejects. */
  readonly done: Promise<WorkerOutcome>;
  readonly #options: NodeWorkerOptions;
  readonly #abort = new AbortController();
  readonly #interrupted: Promise<WorkerOutcome>;
  #interrupt: (outcome: WorkerOutcome) => void = () => undefined;
  #isInterrupted = false;
  #shell: WorkerShell | undefined;

  constructor(options: NodeWorkerOptions, computers: readonly LocalComputer[]) {
    this.#options = options;
    this.#interrupted = new Promise((resolve) => {
      this.#interrupt = resolve;
    });
    const { signal } = options;
    signal?.addEventListener('abort', () => this.#stop(), { once: true });
    if (signal?.aborted === true) this.#stop();
    this.done = this.#work(computers);
  }

  /** Lets it finish what it computes, give the rest back and leave. */
  drain(): void {
    this.#isInterrupted = true;
    this.#interrupt({ type: 'drained' });
    this.#shell?.drain();
  }

  #stop(): void {
    this.#isInterrupted = true;
    this.#interrupt({ type: 'stopped' });
    this.#shell?.stop();
  }

  async #work(computers: readonly LocalComputer[]): Promise<WorkerOutcome> {
    let outcome: WorkerOutcome = { type: 'stopped' };
    for (const [index, computer] of computers.entries()) {
      outcome = await this.#turn(computer);
      const next = computers[index + 1];
      if (next === undefined || this.#isInterrupted || !isComputersFault(outcome)) break;
      this.#options.onFallback?.(
        `Going on with ${next.title} in place of ${computer.title}: ${outcome.message} [${outcome.code}]`,
      );
    }
    // An attempt to connect may still be under way.
    this.#abort.abort();
    return outcome;
  }

  async #turn(local: LocalComputer): Promise<WorkerOutcome> {
    const computer = local.create();
    const proven = await Promise.race([this.#interrupted, proofOf(computer, local)]);
    if ('type' in proven) {
      await computer.close();
      return proven;
    }
    const { url, times, log, certificate } = this.#options;
    this.#shell = new WorkerShell({
      address: url,
      settings: settingsOf(this.#options, { local, proven, segments: computer.computeSegment !== undefined }),
      computer,
      connect: connectOverWebSockets({
        frameBytes: defaultProtocolLimits.frameBytes,
        bufferedBytes,
        handshakeMilliseconds: times?.welcomeMilliseconds ?? defaultWorkerTimes.welcomeMilliseconds,
        silenceMilliseconds,
        ...(certificate === undefined ? {} : { certificate }),
        signal: this.#abort.signal,
      }),
      timers: nodeTimers,
      ...(log === undefined ? {} : { onReport: log }),
    });
    const outcome = await this.#shell.done;
    this.#shell = undefined;
    return outcome;
  }
}

async function proofOf(computer: Computer, { title, classes }: LocalComputer): Promise<Proven | FailedWorker> {
  try {
    const proven = await computer.prove();
    if (classes.includes(proven.arithmetic)) return proven;
    const message = `Cannot compute with ${title}: ${proven.arithmetic} arithmetic found, ${classes.join(' or ')} wanted`;
    return { type: 'failed', code: 'proof-failed', message };
  } catch (error) {
    return { type: 'failed', code: 'compute-failed', message: error instanceof Error ? error.message : String(error) };
  }
}

interface ProvenComputer {
  readonly local: LocalComputer;
  readonly proven: Proven;
  readonly segments: boolean;
}

function settingsOf(options: NodeWorkerOptions, { local, proven, segments }: ProvenComputer): WorkerSettings {
  const { backend, threadCount } = local;
  const { name, software, token } = options;
  const workerId = randomBytes(16).toString('hex');
  const { proof } = proven;
  // What is neither claims to be exact, and is refused by its digests.
  const arithmetic = proven.arithmetic === 'tolerant' ? 'tolerant' : 'exact';
  const means = { kind: 'node', backend, threadCount, software, proof, arithmetic, segments } as const;
  const known = { workerId, workerName: name, ...means };
  const identity: WorkerIdentity = token === undefined ? known : { ...known, token };
  return {
    identity,
    times: { ...defaultWorkerTimes, ...options.times },
    limits: { program: defaultLimits, ...defaultLeaseLimits, ...options.limits },
    sha256,
    random: () => randomInt(2 ** 32) / 2 ** 32,
  };
}
