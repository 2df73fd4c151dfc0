// What the protocol asks of a transport: ordered, reliable frames in both directions, and an end with a reason.
//
// Promises that every implementation keeps (tests/contract/transport.contract.ts):
//   - frames arrive whole, in order, at most once, and never before the handlers are known;
//   - onClose is called exactly once, on both sides, also after the own `close`; nothing is called after it;
//   - after the own `close` no frame is delivered any more, and `send` and `close` do nothing;
//   - nothing is called from inside `send` or `close`;
//   - a ProtocolError that onFrame throws ends that connection with its code, so handlers simply decode what comes;
//   - what one connection does wrong closes that connection alone.

import type { ErrorCode } from './errors.js';
import { ProtocolError } from './errors.js';

/** Bytes in memory that is not shared between threads. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Why a connection ends: a stable code, or `normal` where nothing is wrong. */
export type CloseCode = ErrorCode | 'normal';

/** The end of a connection, as both sides see it. */
export interface Closure {
  readonly code: CloseCode;
  /** One line for people; may be cut short on its way. */
  readonly reason: string;
}

/** One side of a conversation. */
export interface Connection {
  /** Who is at the other end, for people: an address. */
  readonly remote: string;
  /** Bytes accepted by `send` that have not left yet. */
  readonly bufferedBytes: number;
  /** Sends a frame; its bytes must not change afterwards. One frame may be sent over many connections. */
  send(frame: Uint8Array): void;
  /** Ends the conversation; frames sent before still arrive. */
  close(code: CloseCode, reason: string): void;
}

/** What a side does with what it hears. */
export interface ConnectionHandlers {
  /** A frame has come; the bytes are the receiver's to keep. */
  onFrame(frame: Bytes): void;
  /** The connection has ended. */
  onClose(closure: Closure): void;
}

/** Gives a new connection its handlers. */
export type Accept = (connection: Connection) => ConnectionHandlers;

/** Opens a connection to an address; rejects with a ProtocolError where that fails. */
export type Connect = (address: string, accept: Accept) => Promise<Connection>;

/** Something that workers can connect to. */
export interface Listener {
  /** What to give to `Connect`. */
  readonly address: string;
  /** Closes every connection with `shutting-down` and frees the address. */
  close(): Promise<void>;
}

/** Gives a frame to its handlers; implementations of transports deliver every frame through it. */
export function deliver(frame: Bytes, handlers: ConnectionHandlers, connection: Connection): void {
  try {
    handlers.onFrame(frame);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    connection.close(error.code, error.message);
  }
}
