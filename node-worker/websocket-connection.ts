// Reaches a coordinator from Node.js: a WebSocket that ends by itself when the other side falls silent.

import type { Socket } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { WebSocket } from 'ws';
import type { Accept, Connect, Connection, ErrorCode } from '../protocol/index.js';
import { connectionOverWebSocket, printableText, ProtocolError } from '../protocol/index.js';

/** Bounds of a worker's connection. */
export interface WebSocketConnectOptions {
  /** Bytes of the longest frame the coordinator may send. */
  readonly frameBytes: number;
  /** Bytes that may wait for a slow network. */
  readonly bufferedBytes: number;
  /** The time until the connection is open. */
  readonly handshakeMilliseconds: number;
  /** The time without a frame or a ping after which the connection is given up; several heartbeats of the coordinator. */
  readonly silenceMilliseconds: number;
  /** A certificate in PEM that is trusted alone and whatever name it is for; nothing: those that this machine trusts. */
  readonly certificate?: string;
  /** Gives an attempt to connect up. */
  readonly signal?: AbortSignal;
}

/** How long the other side may take to answer a close before the socket is destroyed. */
const closeMilliseconds = 2000;

const codesByStatus: Readonly<Record<number, ErrorCode>> = { 403: 'origin-refused', 503: 'too-many-connections' };

/** A way to connect to `ws:` and `wss:` addresses. */
export function connectOverWebSockets(options: WebSocketConnectOptions): Connect {
  return (address, accept) =>
    new Promise((resolve, reject) => {
      const socket = openSocket(address, options);
      if (socket instanceof ProtocolError) return reject(socket);
      const onAbort = (): void => socket.terminate();
      options.signal?.addEventListener('abort', onAbort);
      socket.once('unexpected-response', (_request, response) => {
        const status = response.statusCode ?? 0;
        reject(unreachable(address, `the server answered with HTTP status ${status}`, { code: codesByStatus[status] }));
        socket.terminate();
      });
      // Stays for the socket's lifetime: an error without a listener would end the process.
      socket.on('error', (cause) => {
        reject(unreachable(address, printableText(cause.message), { cause }));
      });
      socket.once('close', () => options.signal?.removeEventListener('abort', onAbort));
      socket.once('upgrade', ({ socket: stream }) => {
        socket.once('open', () => {
          options.signal?.removeEventListener('abort', onAbort);
          resolve(takeOver(socket, address, { options, accept, stream }));
        });
      });
    });
}

function openSocket(address: string, options: WebSocketConnectOptions): WebSocket | ProtocolError {
  const { protocol, hash } = URL.canParse(address) ? new URL(address) : { protocol: '', hash: '' };
  if (options.signal?.aborted === true) return unreachable(address, 'the attempt was given up');
  if ((protocol !== 'ws:' && protocol !== 'wss:') || hash !== '') {
    return unreachable(address, 'found no ws: or wss: address without fragment');
  }
  const socketOptions = {
    perMessageDeflate: false,
    maxPayload: options.frameBytes,
    handshakeTimeout: options.handshakeMilliseconds,
    closeTimeout: closeMilliseconds,
    // A mask keeps pages from writing chosen bytes through a proxy; no page writes here, so a mask of zeros spares both sides the work.
    generateMask: (mask: Buffer): unknown => mask.fill(0),
  };
  return new WebSocket(
    address,
    options.certificate === undefined ? socketOptions : { ...socketOptions, ...trusting(options.certificate) },
  );
}

/** Options of the TLS connection. Whoever holds the key of this very certificate is the one: a name would add nothing. */
function trusting(certificate: string): object {
  const options: ConnectionOptions = { ca: [certificate], allowPartialTrustChain: true, checkServerIdentity: () => undefined };
  return options;
}

interface Terms {
  readonly options: WebSocketConnectOptions;
  readonly accept: Accept;
  readonly stream: Socket;
}

function takeOver(socket: WebSocket, address: string, terms: Terms): Connection {
  const { frameBytes, bufferedBytes, silenceMilliseconds } = terms.options;
  return connectionOverWebSocket(socket, { remote: address, frameBytes, bufferedBytes }, (connection) => {
    const stopWatching = watchSilence(terms.stream, silenceMilliseconds, () =>
      connection.close('heartbeat-timeout', `found no sign of life for ${silenceMilliseconds} ms`),
    );
    const handlers = terms.accept(connection);
    return {
      onFrame: (frame) => handlers.onFrame(frame),
      onClose: (closure) => {
        stopWatching();
        handlers.onClose(closure);
      },
    };
  });
}

/** Calls `onSilence` once nothing has come over the stream for a while; a part of a long frame or a ping is something. */
function watchSilence(stream: Socket, silenceMilliseconds: number, onSilence: () => void): () => void {
  const checksPerSilence = 3;
  let bytesRead = 0;
  let silentChecks = 0;
  const timer = setInterval(() => {
    silentChecks = stream.bytesRead > bytesRead ? 0 : silentChecks + 1;
    bytesRead = stream.bytesRead;
    if (silentChecks >= checksPerSilence) onSilence();
  }, silenceMilliseconds / checksPerSilence);
  return () => clearInterval(timer);
}

function unreachable(
  address: string,
  found: string,
  details: { readonly code?: ErrorCode | undefined; readonly cause?: Error } = {},
): ProtocolError {
  const message = `Cannot connect to ${printableText(address)}: ${found}`;
  return new ProtocolError(details.code ?? 'unreachable', message, { cause: details.cause });
}
