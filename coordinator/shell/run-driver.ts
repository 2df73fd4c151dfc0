// Joins the pure halves to connections, store and clock: events in, effects carried out, in order, one at a time.

import {
  coordinatorPayloadLengths,
  decodeFrame,
  encodeFrame,
  floatsOfBytes,
  printableText,
  type Accept,
  type Connection,
  type ConnectionHandlers,
  type ProgramEntry,
} from '../../protocol/index.js';
import type {
  ConnectionId,
  CoordinatorCore,
  CoreEvent,
  Effect,
  LogEntry,
  Outcome,
  RunRecord,
  Training,
  TrainingEffect,
  TrainingEvent,
} from '../index.js';

/** A job that has been committed. */
export interface FinishedJob {
  readonly kind: 'train' | 'evaluate';
  /** Steps that it was; 1 for an evaluation. */
  readonly stepCount: number;
  /** From request to commit. */
  readonly milliseconds: number;
}

/** What a driver joins, and whom it tells. */
export interface RunDriverOptions {
  readonly core: CoordinatorCore;
  readonly training: Training;
  readonly programs: readonly ProgramEntry[];
  /** Steady milliseconds. */
  readonly now: () => number;
  readonly onRecord: (record: RunRecord) => void;
  /** Where workers are given segments: the scalars of an update. */
  readonly scalarCount?: number;
  readonly onJobDone: (job: FinishedJob) => void;
  readonly onLog: (entry: LogEntry) => void;
  readonly onEnd: (outcome: Outcome) => void;
  /** A fault of this program: the run cannot go on. */
  readonly onFault: (error: unknown) => void;
}

/** A run in motion. */
export class RunDriver {
  readonly #options: RunDriverOptions;
  readonly #connections = new Map<ConnectionId, Connection>();
  readonly #reader: Parameters<typeof decodeFrame<'worker'>>[1];
  #lastConnection = 0;
  #jobRequestedAt = 0;

  constructor(options: RunDriverOptions) {
    this.#options = options;
    this.#reader = { sender: 'worker', payloadLengths: coordinatorPayloadLengths(options.programs, options.scalarCount) };
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Takes a new connection in. */
  readonly accept: Accept = (connection: Connection): ConnectionHandlers => {
    const id = ++this.#lastConnection;
    this.#connections.set(id, connection);
    this.dispatch({ type: 'connected', connection: id, place: connection.remote });
    return {
      onFrame: (frame) => {
        // A frame that cannot be read is an error that ends its connection, with its code.
        const { message, payload } = decodeFrame(frame, this.#reader);
        const floats = payload.length > 0 ? { payload: floatsOfBytes(payload) } : {};
        this.dispatch({ type: 'message', connection: id, message, ...floats });
      },
      onClose: ({ code, reason }) => {
        this.#connections.delete(id);
        if (code !== 'normal') {
          this.#options.onLog({ level: 'warning', text: `A connection has ended: ${code}: ${reason}` });
        }
        this.dispatch({ type: 'disconnected', connection: id });
      },
    };
  };

  /** Tells the core what happened and does what it wants. */
  dispatch(event: CoreEvent): void {
    try {
      this.#carryOut(this.#options.core.handle(event, this.#options.now()));
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** Tells training what happened and does what it wants. */
  train(event: TrainingEvent): void {
    try {
      const effects = this.#options.training.handle(event);
      // The next job leaves first: every worker waits for it, and nobody for the records before it.
      const isJob = ({ type }: TrainingEffect): boolean => type === 'requestJob';
      for (const effect of effects.filter(isJob)) this.#carryOutTraining(effect);
      for (const effect of effects) if (!isJob(effect)) this.#carryOutTraining(effect);
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      switch (effect.type) {
        case 'send': {
          // Encoded once, however many are to have it.
          const frame = encodeFrame(effect.message, effect.payload);
          for (const id of effect.connections) this.#connections.get(id)?.send(frame);
          break;
        }
        case 'close':
          this.#connections.get(effect.connection)?.close(effect.code, printableText(effect.reason));
          break;
        case 'jobFinished': {
          const requestedAt = this.#jobRequestedAt;
          this.train({ type: 'jobFinished', result: effect.result });
          const { kind, stepCount = 1 } = effect.result;
          this.#options.onJobDone({ kind, stepCount, milliseconds: this.#options.now() - requestedAt });
          break;
        }
        case 'jobDiverged':
          this.train({ type: 'jobDiverged' });
          break;
        case 'log':
          this.#options.onLog(effect.entry);
          break;
      }
    }
  }

  #carryOutTraining(effect: TrainingEffect): void {
    switch (effect.type) {
      case 'record':
        this.#options.onRecord(effect.record);
        break;
      case 'requestJob':
        this.#jobRequestedAt = this.#options.now();
        this.dispatch({ type: 'jobRequested', job: effect.job });
        break;
      case 'end':
        this.#options.onEnd(effect.outcome);
        break;
    }
  }
}
