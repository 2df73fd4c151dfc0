// A transport without sockets: coordinator and workers in one process, for tests and simulations.

import { closeReason } from './close-codes.js';
import { ProtocolError } from './errors.js';
import type { ProtocolLimits } from './limits.js';
import { defaultProtocolLimits } from './limits.js';
import type { Accept, Bytes, CloseCode, Closure, Connect, Connection, ConnectionHandlers, Listener } from './transport.js';
import { deliver } from './transport.js';

/** Runs a task later, never at once, and tasks in the order in which they came. */
export type Schedule = (task: () => void) => void;

/** Listeners and connections that find each other by address. */
export interface InMemoryTransport {
  /** Waits for connections to an address; throws a RangeError where another listener has it. */
  listen(address: string, accept: Accept): Listener;
  readonly connect: Connect;
}

/** A transport whose frames travel through `schedule`. */
export function createInMemoryTransport(schedule: Schedule, limits: ProtocolLimits = defaultProtocolLimits): InMemoryTransport {
  const listeners = new Map<string, InMemoryListener>();
  let connectionCount = 0;
  return {
    listen(address, accept) {
      if (listeners.has(address)) throw new RangeError(`Cannot listen: found ${address} in use, wanted a free address`);
      const listener = new InMemoryListener(address, accept, () => listeners.delete(address));
      listeners.set(address, listener);
      return listener;
    },
    connect(address, accept) {
      const listener = listeners.get(address);
      if (listener === undefined) {
        return Promise.reject(
          new ProtocolError('unreachable', `Cannot connect to ${address}: found nobody listening, wanted a coordinator`),
        );
      }
      connectionCount += 1;
      const near = new InMemoryEnd(address, schedule, limits);
      const far = new InMemoryEnd(`worker-${connectionCount}`, schedule, limits);
      near.join(far, accept);
      listener.add(far, near);
      return Promise.resolve(near);
    },
  };
}

class InMemoryListener implements Listener {
  readonly address: string;
  readonly #accept: Accept;
  readonly #free: () => void;
  readonly #connections = new Set<Connection>();

  constructor(address: string, accept: Accept, free: () => void) {
    this.address = address;
    this.#accept = accept;
    this.#free = free;
  }

  add(end: InMemoryEnd, other: InMemoryEnd): void {
    this.#connections.add(end);
    end.join(other, (connection) => {
      const handlers = this.#accept(connection);
      return {
        onFrame: (frame) => handlers.onFrame(frame),
        onClose: (closure) => {
          this.#connections.delete(end);
          handlers.onClose(closure);
        },
      };
    });
  }

  close(): Promise<void> {
    this.#free();
    for (const connection of this.#connections) connection.close('shutting-down', 'the listener closes');
    return Promise.resolve();
  }
}

/** One end of a pair. Each delivery is one scheduled task, so that nothing is called from inside `send` or `close`. */
class InMemoryEnd implements Connection {
  readonly remote: string;
  readonly #schedule: Schedule;
  readonly #limits: ProtocolLimits;
  #pair: { readonly other: InMemoryEnd; readonly handlers: ConnectionHandlers } | undefined;
  #bufferedBytes = 0;
  #ended = false;

  constructor(remote: string, schedule: Schedule, limits: ProtocolLimits) {
    this.remote = remote;
    this.#schedule = schedule;
    this.#limits = limits;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  join(other: InMemoryEnd, accept: Accept): void {
    this.#pair = { other, handlers: accept(this) };
  }

  send(frame: Uint8Array): void {
    if (this.#ended) return;
    // The receiver may keep its frame, and the same frame may go to others.
    const copy = Uint8Array.from(frame);
    this.#bufferedBytes += copy.length;
    this.#schedule(() => {
      this.#bufferedBytes -= copy.length;
      this.#pair?.other.receive(copy);
    });
  }

  close(code: CloseCode, reason: string): void {
    if (this.#ended) return;
    const closure: Closure = { code, reason: closeReason(reason) };
    this.end(closure);
    this.#schedule(() => this.#pair?.other.end(closure));
  }

  /** A frame of the other end arrives. */
  receive(frame: Bytes): void {
    if (this.#ended) return;
    if (frame.length > this.#limits.frameBytes) {
      this.close('frame-too-large', `found a frame of ${frame.length} bytes, wanted at most ${this.#limits.frameBytes}`);
    } else if (this.#pair !== undefined) {
      deliver(frame, this.#pair.handlers, this);
    }
  }

  /** The conversation ends for this side. */
  end(closure: Closure): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#schedule(() => this.#pair?.handlers.onClose(closure));
  }
}
