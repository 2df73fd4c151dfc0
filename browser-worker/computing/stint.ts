// One stretch of work, from start to pause: the effects of a worker's core carried out with the browser's WebSocket, timers and a
// pool of compute workers.

import { encodeFrame, ProtocolError, type Bytes, type Connection } from '../../protocol/index.js';
import { WorkerCore, type ComputeTask, type WorkerEffect, type WorkerEvent, type WorkerOutcome } from '../../worker/index.js';
import type { WorkerSettings } from '../../worker/index.js';
import type { ComputePool } from './compute-pool.js';
import { connectOverBrowserWebSockets } from './websocket-connection.js';

/** How the connection is. */
export type StintState =
  { readonly type: 'connecting' } | { readonly type: 'working' } | { readonly type: 'waiting'; readonly milliseconds: number };

/** What a stint needs. */
export interface StintParts {
  readonly address: string;
  readonly settings: WorkerSettings;
  readonly pool: ComputePool;
  readonly onState: (state: StintState) => void;
  /** So many sequences have been computed for the run. */
  readonly onComputed: (sequenceCount: number) => void;
}

/** After its end a stint waits this long for the last frames to leave. */
const farewellMilliseconds = 2000;

/** A worker at work. */
export class Stint {
  /** How it ended, once its connection is closed. Never rejects. */
  readonly done: Promise<WorkerOutcome>;
  readonly #parts: StintParts;
  readonly #core: WorkerCore;
  #connection: Connection | undefined;
  #heardAt = performance.now();
  #connectTimer: ReturnType<typeof setTimeout> | undefined;
  #wakeTimer: ReturnType<typeof setTimeout> | undefined;
  #exit: (outcome: WorkerOutcome) => void = () => undefined;
  #onceClosed: () => void = () => undefined;

  constructor(parts: StintParts) {
    this.#parts = parts;
    this.#core = new WorkerCore(parts.settings);
    const exited = new Promise<WorkerOutcome>((resolve) => {
      this.#exit = resolve;
    });
    this.done = exited.then((outcome) => this.#close(outcome));
    this.#handle({ type: 'start' });
  }

  /** For how long nothing has been heard over a connection that has joined; 0 without one. */
  get silenceMilliseconds(): number {
    return this.#core.phase === 'joined' ? performance.now() - this.#heardAt : 0;
  }

  /** Finishes the lease at hand, gives the others back and leaves. */
  drain(): void {
    this.#handle({ type: 'drain' });
  }

  /** Leaves at once; the coordinator gives the leases to others. */
  stop(): void {
    this.#handle({ type: 'stop' });
  }

  /** Gives a connection up that only seems to be open. */
  abandonConnection(reason: string): void {
    this.#connection?.close('heartbeat-timeout', reason);
  }

  #handle(event: WorkerEvent): void {
    const before = this.#core.phase;
    for (const effect of this.#core.handle(event, performance.now())) this.#perform(effect);
    if (this.#core.phase === 'joined' && before !== 'joined') this.#parts.onState({ type: 'working' });
  }

  #perform(effect: WorkerEffect): void {
    const { pool } = this.#parts;
    switch (effect.type) {
      case 'connect':
        return this.#connectAfter(effect.afterMilliseconds);
      case 'send':
        if (effect.message.type === 'contribution') this.#noteContribution(effect.message.end - effect.message.begin);
        return this.#connection?.send(encodeFrame(effect.message, effect.payload));
      case 'disconnect':
        return this.#connection?.close(effect.code, effect.reason);
      case 'wake':
        clearTimeout(this.#wakeTimer);
        this.#wakeTimer = setTimeout(() => this.#handle({ type: 'timer' }), effect.afterMilliseconds);
        return;
      case 'loadProgram':
        return pool.loadProgram(effect.sha256, effect.program);
      case 'unloadProgram':
        return pool.unloadProgram(effect.sha256);
      case 'loadParameters':
        return pool.loadParameters(effect.bytes);
      case 'compute':
        this.#microbatchSize = effect.task.microbatchSize;
        return void this.#compute(effect.task);
      case 'cancelCompute':
        return pool.cancel(effect.taskId);
      case 'report':
        // The page tells its states in its own words.
        return;
      case 'exit':
        return this.#exit(effect.outcome);
    }
  }

  #microbatchSize = 0;

  #noteContribution(microbatchCount: number): void {
    this.#parts.onComputed(microbatchCount * this.#microbatchSize);
  }

  async #compute(task: ComputeTask): Promise<void> {
    const result = await this.#parts.pool.compute(task);
    this.#handle({ taskId: task.taskId, ...result });
  }

  #connectAfter(milliseconds: number): void {
    if (milliseconds > 0) this.#parts.onState({ type: 'waiting', milliseconds });
    this.#connectTimer = setTimeout(() => void this.#connect(), milliseconds);
  }

  async #connect(): Promise<void> {
    this.#parts.onState({ type: 'connecting' });
    const connect = connectOverBrowserWebSockets(this.#parts.settings.times.welcomeMilliseconds);
    try {
      await connect(this.#parts.address, (connection) => {
        this.#connection = connection;
        this.#heardAt = performance.now();
        this.#handle({ type: 'connected' });
        return {
          onFrame: (frame: Bytes) => {
            this.#heardAt = performance.now();
            this.#handle({ type: 'frame', frame });
          },
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

  /** Ends the timers; an open connection gets some time for its last frames. */
  async #close(outcome: WorkerOutcome): Promise<WorkerOutcome> {
    clearTimeout(this.#connectTimer);
    clearTimeout(this.#wakeTimer);
    if (this.#connection !== undefined) await this.#farewell();
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
