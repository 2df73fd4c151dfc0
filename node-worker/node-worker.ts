// The headless worker: the core's effects carried out with a WebSocket, timers and a pool of threads.

import { createHash, randomBytes, randomInt } from 'node:crypto';
import { defaultProtocolLimits, encodeFrame, ProtocolError, type Bytes, type Connection, type Proof } from '../protocol/index.js';
import { defaultLimits } from '../tensor/index.js';
import {
  defaultLeaseLimits,
  defaultWorkerTimes,
  WorkerCore,
  type ComputeTask,
  type WorkerEffect,
  type WorkerEvent,
  type WorkerLimits,
  type WorkerOutcome,
  type WorkerSettings,
  type WorkerTimes,
} from '../worker/index.js';
import type { BackendName } from './backends-by-name.js';
import { ComputePool } from './compute-pool.js';
import { connectOverWebSockets } from './websocket-connection.js';

/** How a headless worker is started. */
export interface NodeWorkerOptions {
  /** ws:// or wss:// address of the coordinator. */
  readonly url: string;
  readonly threadCount: number;
  /** For people: shown by the coordinator. */
  readonly name: string;
  readonly backend: BackendName;
  /** Name and version of this software, for people. */
  readonly software: string;
  readonly token?: string;
  readonly times?: Partial<WorkerTimes>;
  readonly limits?: Partial<WorkerLimits>;
  /** Ends the worker at once. */
  readonly signal?: AbortSignal;
  readonly log?: (level: 'info' | 'warning', text: string) => void;
}

/** A headless worker at work. */
export interface RunningNodeWorker {
  /** How it ended. Never rejects. */
  readonly done: Promise<WorkerOutcome>;
  /** Lets it finish what it computes, give the rest back and leave. */
  drain(): void;
}

/** A coordinator pings much more often than this. */
const silenceMilliseconds = 60_000;
/** What may wait for a slow network before the connection is given up. */
const bufferedBytes = 4 * defaultProtocolLimits.frameBytes;
/** After its end a worker waits this long for the last frames to leave. */
const farewellMilliseconds = 2500;

/** Starts a headless worker; it connects, works and reconnects by itself until the run is over. */
export function startNodeWorker(options: NodeWorkerOptions): RunningNodeWorker {
  const worker = new NodeWorker(options);
  return { done: worker.done, drain: () => worker.drain() };
}

class NodeWorker {
  readonly done: Promise<WorkerOutcome>;
  readonly #options: NodeWorkerOptions;
  readonly #pool: ComputePool;
  readonly #times: WorkerTimes;
  readonly #abort = new AbortController();
  #core: WorkerCore | undefined;
  #connection: Connection | undefined;
  #connectTimer: NodeJS.Timeout | undefined;
  #wakeTimer: NodeJS.Timeout | undefined;
  #exit: (outcome: WorkerOutcome) => void = () => undefined;
  #onceClosed: () => void = () => undefined;

  constructor(options: NodeWorkerOptions) {
    this.#options = options;
    this.#times = { ...defaultWorkerTimes, ...options.times };
    this.#pool = new ComputePool({ threadCount: options.threadCount, backend: options.backend });
    const exited = new Promise<WorkerOutcome>((resolve) => {
      this.#exit = resolve;
    });
    this.done = exited.then((outcome) => this.#close(outcome));
    const onAbort = (): void => this.#end({ type: 'stop' }, { type: 'stopped' });
    options.signal?.addEventListener('abort', onAbort, { once: true });
    if (options.signal?.aborted === true) onAbort();
    else void this.#start();
  }

  drain(): void {
    this.#end({ type: 'drain' }, { type: 'drained' });
  }

  /** Lets the core end the worker, or ends it where the core is not there yet. */
  #end(event: WorkerEvent, outcome: WorkerOutcome): void {
    if (this.#core === undefined) this.#exit(outcome);
    else this.#handle(event);
  }

  async #start(): Promise<void> {
    try {
      const proof = await this.#pool.prove();
      this.#core = new WorkerCore(settingsOf(this.#options, proof, this.#times));
      this.#handle({ type: 'start' });
    } catch (error) {
      const found = error instanceof Error ? error.message : String(error);
      this.#exit({ type: 'failed', code: 'compute-failed', message: `Cannot start compute threads: ${found}` });
    }
  }

  #handle(event: WorkerEvent): void {
    for (const effect of this.#core?.handle(event, performance.now()) ?? []) this.#perform(effect);
  }

  #perform(effect: WorkerEffect): void {
    switch (effect.type) {
      case 'connect':
        this.#connectTimer = setTimeout(() => void this.#connect(), effect.afterMilliseconds);
        return;
      case 'send':
        this.#connection?.send(encodeFrame(effect.message, effect.payload));
        return;
      case 'disconnect':
        this.#connection?.close(effect.code, effect.reason);
        return;
      case 'wake':
        clearTimeout(this.#wakeTimer);
        this.#wakeTimer = setTimeout(() => this.#handle({ type: 'timer' }), effect.afterMilliseconds);
        return;
      case 'loadProgram':
        this.#pool.loadProgram(effect.sha256, effect.program);
        return;
      case 'unloadProgram':
        this.#pool.unloadProgram(effect.sha256);
        return;
      case 'loadParameters':
        this.#pool.loadParameters(effect.bytes);
        return;
      case 'compute':
        void this.#compute(effect.task);
        return;
      case 'cancelCompute':
        this.#pool.cancel(effect.taskId);
        return;
      case 'report':
        this.#options.log?.(effect.level, effect.text);
        return;
      case 'exit':
        this.#exit(effect.outcome);
        return;
    }
  }

  async #compute(task: ComputeTask): Promise<void> {
    const result = await this.#pool.compute(task);
    this.#handle({ taskId: task.taskId, ...result });
  }

  async #connect(): Promise<void> {
    const connect = connectOverWebSockets({
      frameBytes: defaultProtocolLimits.frameBytes,
      bufferedBytes,
      handshakeMilliseconds: this.#times.welcomeMilliseconds,
      silenceMilliseconds,
      signal: this.#abort.signal,
    });
    try {
      await connect(this.#options.url, (connection) => {
        this.#connection = connection;
        this.#handle({ type: 'connected' });
        return {
          onFrame: (frame: Bytes) => this.#handle({ type: 'frame', frame }),
          onClose: (closure) => {
            this.#connection = undefined;
            this.#onceClosed();
            this.#handle({ type: 'disconnected', closure });
          },
        };
      });
    } catch (error) {
      const code = error instanceof ProtocolError ? error.code : 'unreachable';
      const reason = error instanceof Error ? error.message : String(error);
      this.#handle({ type: 'disconnected', closure: { code, reason } });
    }
  }

  /** Ends timers and threads; an open connection gets some time for its last frames. */
  async #close(outcome: WorkerOutcome): Promise<WorkerOutcome> {
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#wakeTimer);
    const threadsEnded = this.#pool.close();
    if (this.#connection !== undefined) await this.#farewell();
    this.#abort.abort();
    await threadsEnded;
    return outcome;
  }

  #farewell(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, farewellMilliseconds);
      this.#onceClosed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function settingsOf(options: NodeWorkerOptions, proof: Proof, times: WorkerTimes): WorkerSettings {
  const { name, backend, threadCount, software, token } = options;
  const workerId = randomBytes(16).toString('hex');
  const identity = {
    workerId,
    workerName: name,
    kind: 'node',
    backend,
    threadCount,
    software,
    proof,
    arithmetic: 'exact',
  } as const;
  return {
    identity: token === undefined ? identity : { ...identity, token },
    times,
    limits: { program: defaultLimits, ...defaultLeaseLimits, ...options.limits },
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
    random: () => randomInt(2 ** 32) / 2 ** 32,
  };
}
