// What an event leads to, gathered in order while it is handled.

import type { CoordinatorMessage } from '../../protocol/index.js';
import type { Refusal } from './admission.js';
import type { ConnectionId, Effect, LogEntry } from './events.js';
import type { LeaseRecord } from './workers.js';

/** The effects of one event after the other. */
export class Outbox {
  #effects: Effect[] = [];

  /** What has been gathered; the next event begins anew. */
  take(): readonly Effect[] {
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  add(effect: Effect): void {
    this.#effects.push(effect);
  }

  send(connections: readonly ConnectionId[], message: CoordinatorMessage, payload?: Uint8Array | Float32Array): void {
    if (connections.length === 0) return;
    this.#effects.push({ type: 'send', connections, message, ...(payload === undefined ? {} : { payload }) });
  }

  /** Tells a connection why it is not wanted. */
  refuse(connection: ConnectionId, { code, message }: Refusal): void {
    this.send([connection], { type: 'refuse', code, message });
    this.log('warning', `A connection is refused: ${code}: ${message}`);
    this.close(connection, code, message);
  }

  close(connection: ConnectionId, code: Refusal['code'] | 'normal', reason: string): void {
    this.#effects.push({ type: 'close', connection, code, reason });
  }

  /** Tells workers that their leases are of no use any more. */
  cancel(leases: readonly LeaseRecord[]): void {
    for (const worker of new Set(leases.map((lease) => lease.worker))) {
      const leaseIds = leases.filter((lease) => lease.worker === worker).map((lease) => lease.leaseId);
      this.send([worker.connection], { type: 'cancel', leaseIds });
    }
  }

  log(level: LogEntry['level'], text: string): void {
    this.#effects.push({ type: 'log', entry: { level, text } });
  }
}
