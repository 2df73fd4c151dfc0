// A worker at work, whatever it runs on: the core's effects carried out with a connection, timers and a computer.

import { encodeFrame, ProtocolError, type Bytes, type Connect, type Connection, type WorkerMessage } from '../protocol/index.js';
import { computeFailure, type Computer } from './computer.js';
import type { ComputeResult, WorkerEffect, WorkerEvent, WorkerOutcome } from './events.js';
import type { WorkerSettings } from './settings.js';
import type { Timers } from './timers.js';
import { WorkerCore } from './worker-core.js';

/** How the connection is. */
export type ShellState =
  { readonly type: 'connecting' } | { readonly type: 'working' } | { readonly type: 'waiting'; readonly milliseconds: number };

/** What a shell needs. */
export interface ShellParts {
  readonly address: string;
  readonly settings: WorkerSettings;
  /** Has been proved; ends with the shell. */
  readonly computer: Computer;
  readonly connect: Connect;
  readonly timers: Timers;
  readonly onState?: (state: ShellState) => void;
  /** So many sequences have been computed for the run. */
  readonly onComputed?: (sequenceCount: number) => void;
  readonly onReport?: (level: 'info' | 'warning', text: string) => void;
}

/** After its end a shell waits this long for the last frames to leave. */
const farewellMilliseconds = 2500;

/** A worker at work: from its first attempt to connect to its end. */
export class WorkerShell {
  /** How it ended, once connection and computer are closed. Never rejects. */
  readonly done: Promise<WorkerOutcome>;
  readonly #parts: ShellParts;
  readonly #core: WorkerCore;
  #connection: Connection | undefined;
  #heardAt: number;
  #microbatchSize = 0;
  #forgetConnect: () => void = () => undefined;
  #forgetWake: () => void = () => undefined;
  #exit: (outcome: WorkerOutcome) => void = () => undefined;
  #onceClosed: () => void = () => undefined;

  constructor(parts: ShellParts) {
    this.#parts = parts;
    this.#core = new WorkerCore(parts.settings);
    this.#heardAt = parts.timers.now();
    const exited = new Promise<WorkerOutcome>((resolve) => {
      this.#exit = resolve;
    });
    this.done = exited.then((outcome) => this.#close(outcome));
    this.#handle({ type: 'start' });
  }

  /** For how long nothing has been heard over a connection that has joined; 0 without one. */
  get silenceMilliseconds(): number {
    return this.#core.phase === 'joined' ? this.#parts.timers.now() - this.#heardAt : 0;
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
    for (const effect of this.#core.handle(event, this.#parts.timers.now())) this.#perform(effect);
    if (this.#core.phase === 'joined' && before !== 'joined') this.#parts.onState?.({ type: 'working' });
  }

  #perform(effect: WorkerEffect): void {
    const { computer, timers } = this.#parts;
    switch (effect.type) {
      case 'connect':
        return this.#connectAfter(effect.afterMilliseconds);
      case 'send':
        return this.#send(effect.message, effect.payload);
      case 'disconnect':
        return this.#connection?.close(effect.code, effect.reason);
      case 'wake':
        this.#forgetWake();
        this.#forgetWake = timers.after(effect.afterMilliseconds, () => this.#handle({ type: 'timer' }));
        return;
      case 'loadProgram':
        return computer.loadProgram(effect.sha256, effect.program);
      case 'unloadProgram':
        return computer.unloadProgram(effect.sha256);
      case 'loadParameters':
        return computer.loadParameters(effect.bytes);
      case 'compute':
        this.#microbatchSize = effect.task.microbatchSize;
        return void this.#settle(effect.task.taskId, computer.compute(effect.task));
      case 'computeSegment': {
        this.#microbatchSize = effect.task.microbatchSize;
        const none = computeFailure('compute-failed', 'segments are not computed here');
        return void this.#settle(effect.task.taskId, computer.computeSegment?.(effect.task) ?? Promise.resolve(none));
      }
      case 'cancelCompute':
        return computer.cancel(effect.taskId);
      case 'report':
        return this.#parts.onReport?.(effect.level, effect.text);
      case 'exit':
        return this.#exit(effect.outcome);
    }
  }

  #send(message: WorkerMessage, payload: Float32Array | undefined): void {
    if (message.type === 'contribution') {
      const { begin, end, stepCount = 1 } = message;
      this.#parts.onComputed?.((end - begin) * this.#microbatchSize * stepCount);
    }
    this.#connection?.send(encodeFrame(message, payload));
  }

  async #settle(taskId: number, result: Promise<ComputeResult>): Promise<void> {
    this.#handle({ taskId, ...(await result) });
  }

  #connectAfter(milliseconds: number): void {
    if (milliseconds > 0) this.#parts.onState?.({ type: 'waiting', milliseconds });
    this.#forgetConnect = this.#parts.timers.after(milliseconds, () => void this.#connect());
  }

  async #connect(): Promise<void> {
    const { address, connect, timers } = this.#parts;
    this.#parts.onState?.({ type: 'connecting' });
    try {
      await connect(address, (connection) => {
        this.#connection = connection;
        this.#heardAt = timers.now();
        if (this.#core.phase === 'ended') connection.close('normal', 'the worker has ended');
        else this.#handle({ type: 'connected' });
        return {
          onFrame: (frame: Bytes) => {
            this.#heardAt = timers.now();
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

  /** Ends timers and computer; an open connection gets some time for its last frames. */
  async #close(outcome: WorkerOutcome): Promise<WorkerOutcome> {
    this.#forgetConnect();
    this.#forgetWake();
    const computerClosed = this.#parts.computer.close();
    if (this.#connection !== undefined) await this.#farewell();
    await computerClosed;
    return outcome;
  }

  #farewell(): Promise<void> {
    return new Promise((resolve) => {
      const forget = this.#parts.timers.after(farewellMilliseconds, resolve);
      this.#onceClosed = () => {
        forget();
        resolve();
      };
    });
  }
}
