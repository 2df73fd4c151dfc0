// A WebSocket as a Connection. The socket comes in: the same code serves the browser's own and those of Node.js.

import { closeReason, closureOfWebSocket, webSocketCloseCode } from './close-codes.js';
import type { Accept, Bytes, CloseCode, Closure, Connection } from './transport.js';
import { deliver } from './transport.js';

// Declared as a method, so that a handler may ask for less of an event than the platform's WebSocket gives.
type Handler<Event> = { handle(event: Event): void }['handle'] | null;

/** The part of a WebSocket that a connection needs. */
export interface WebSocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  onmessage: Handler<{ readonly data: unknown }>;
  onclose: Handler<{ readonly code: number; readonly reason: string }>;
  // A browser's event has no error; `type`, which every event has, makes it acceptable to the compiler.
  onerror: Handler<{ readonly type: string; readonly error?: unknown }>;
  send(data: Bytes): void;
  close(code: number, reason: string): void;
}

/** Bounds of a connection over a WebSocket, and who is at its other end. */
export interface WebSocketConnectionOptions {
  readonly remote: string;
  /** A longer frame from the other side ends the connection. */
  readonly frameBytes: number;
  /** With more than this waiting to be sent, the connection ends as `slow-consumer`. */
  readonly bufferedBytes: number;
}

// What ws reports about frames that it refuses by itself, before they become messages.
const frameErrors: Readonly<Record<string, CloseCode>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'frame-too-large',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'frame-too-large',
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 'frame-too-large',
  WS_ERR_INVALID_UTF8: 'text-frame',
};

/** Takes an open socket over, gives the connection its handlers and returns it. */
export function connectionOverWebSocket(socket: WebSocketLike, options: WebSocketConnectionOptions, accept: Accept): Connection {
  // Set once this side knows how the conversation ends: by its own close or because of what the other side sent.
  let ending: Closure | undefined;

  function end(code: CloseCode, reason: string): void {
    if (ending !== undefined) return;
    ending = { code, reason };
    socket.close(webSocketCloseCode(code), closeReason(reason));
  }

  const connection: Connection = {
    remote: options.remote,
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    send(frame) {
      if (ending !== undefined) return;
      // A socket takes only memory that is not shared; encodeFrame never gives any other.
      socket.send(frame as Bytes);
      if (socket.bufferedAmount > options.bufferedBytes) {
        end('slow-consumer', `found ${socket.bufferedAmount} bytes waiting, wanted at most ${options.bufferedBytes}`);
      }
    },
    close: end,
  };
  socket.binaryType = 'arraybuffer';
  const handlers = accept(connection);
  socket.onmessage = ({ data }) => {
    if (ending !== undefined) return;
    if (!(data instanceof ArrayBuffer)) end('text-frame', 'found a text message, wanted a binary one');
    else if (data.byteLength > options.frameBytes) end('frame-too-large', tooLarge(data.byteLength, options.frameBytes));
    else deliver(new Uint8Array(data), handlers, connection);
  };
  socket.onerror = ({ error }) => {
    ending ??= closureOfError(error);
  };
  socket.onclose = ({ code, reason }) => {
    ending ??= closureOfWebSocket(code, reason);
    handlers.onClose(ending);
  };
  return connection;
}

function tooLarge(found: number, wanted: number): string {
  return `found a frame of ${found} bytes, wanted at most ${wanted}`;
}

/** The end that an error of the socket brings about; a browser tells nothing about it. */
function closureOfError(error: unknown): Closure | undefined {
  if (!(error instanceof Error)) return undefined;
  const name = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const code = frameErrors[name] ?? (name.startsWith('WS_ERR_') ? 'malformed-frame' : 'connection-lost');
  return { code, reason: error.message };
}
