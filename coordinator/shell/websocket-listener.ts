// Waits for workers: WebSockets over an HTTP server that comes in, which may serve pages besides.

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as SecureServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Accept, Connection, Listener } from '../../protocol/index.js';
import { connectionOverWebSocket } from '../../protocol/index.js';
import type { Refusal, UpgradePolicy } from './upgrade-policy.js';
import { upgradeRefusal } from './upgrade-policy.js';

/** What a listener grants each of its connections. */
export interface ConnectionBounds {
  /** Bytes of the longest frame a worker may send. */
  readonly frameBytes: number;
  /** Bytes that may wait for a slow worker. */
  readonly bufferedBytes: number;
  /** The time for the first frame. */
  readonly handshakeMilliseconds: number;
  /** The time between two pings; after three without a sign of life the connection ends. */
  readonly heartbeatMilliseconds: number;
}

/** What a listener is made of. */
export interface WebSocketListenerOptions {
  /** Listening already; closing it stays with its owner. */
  readonly server: Server;
  readonly path: string;
  /** Paths of the server where someone else takes WebSockets. */
  readonly otherPaths?: readonly string[];
  readonly accept: Accept;
  readonly policy: UpgradePolicy;
  readonly bounds: ConnectionBounds;
}

/** How long the other side may take to answer a close before its socket is destroyed. */
const closeMilliseconds = 2000;

/** Heartbeats without a sign of life after which a connection is given up. */
const silentHeartbeats = 3;

/** Accepts WebSockets on a path of an HTTP server until it is closed. */
export function listenForWebSockets(options: WebSocketListenerOptions): Listener {
  return new WebSocketListener(options);
}

interface Guest {
  readonly socket: WebSocket;
  readonly connection: Connection;
  readonly stream: Socket;
  readonly handshakeTimer: NodeJS.Timeout;
  /** Of the last heartbeat at which the stream had brought anything: a long frame on its way is a sign of life too. */
  bytesRead: number;
  silentHeartbeats: number;
}

class WebSocketListener implements Listener {
  readonly #options: WebSocketListenerOptions;
  readonly #webSocketServer: WebSocketServer;
  readonly #guests = new Set<Guest>();
  readonly #heartbeatTimer: NodeJS.Timeout;
  #whenEmpty: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: WebSocketListenerOptions) {
    this.#options = options;
    const serverOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.bounds.frameBytes,
      closeTimeout: closeMilliseconds,
    };
    this.#webSocketServer = new WebSocketServer(serverOptions);
    options.server.on('upgrade', this.#onUpgrade);
    this.#heartbeatTimer = setInterval(this.#onHeartbeat, options.bounds.heartbeatMilliseconds);
    this.#heartbeatTimer.unref();
  }

  get address(): string {
    const { server, path } = this.#options;
    const address = server.address();
    if (address === null || typeof address === 'string') throw new TypeError('Cannot tell address: the server has no port');
    const unspecified = address.address === '0.0.0.0' || address.address === '::';
    const host = unspecified ? '127.0.0.1' : address.family === 'IPv6' ? `[${address.address}]` : address.address;
    return `${server instanceof SecureServer ? 'wss' : 'ws'}://${host}:${address.port}${path}`;
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#options.server.off('upgrade', this.#onUpgrade);
    for (const guest of this.#guests) guest.connection.close('shutting-down', 'the coordinator is ending');
    if (this.#guests.size > 0) await new Promise<void>((resolve) => (this.#whenEmpty = resolve));
    clearInterval(this.#heartbeatTimer);
    this.#webSocketServer.close();
  }

  readonly #onUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    if (this.#options.otherPaths?.includes(pathOf(request)) === true) return;
    // Without a listener an error of the stream, a reset for instance, would end the process.
    stream.on('error', destroy);
    const ofAddress = [...this.#guests].filter((guest) => guest.stream.remoteAddress === request.socket.remoteAddress).length;
    const refusal = upgradeRefusal(request, this.#options.policy, { total: this.#guests.size, ofAddress });
    if (refusal !== undefined) return refuseUpgrade(stream, refusal);
    if (pathOf(request) !== this.#options.path) {
      return refuseUpgrade(stream, { status: 404, code: 'unreachable', message: 'Cannot upgrade: no run at this path' });
    }
    this.#webSocketServer.handleUpgrade(request, stream, head, (socket) => {
      stream.off('error', destroy);
      this.#welcome(socket, request.socket);
    });
  };

  #welcome(socket: WebSocket, stream: Socket): void {
    const { accept, bounds } = this.#options;
    const remote = `${stream.remoteAddress ?? 'unknown'}:${stream.remotePort ?? 0}`;
    const limits = { remote, frameBytes: bounds.frameBytes, bufferedBytes: bounds.bufferedBytes };
    connectionOverWebSocket(socket, limits, (connection) => {
      const handshakeTimer = setTimeout(
        () => connection.close('handshake-timeout', `found no frame after ${bounds.handshakeMilliseconds} ms, wanted a hello`),
        bounds.handshakeMilliseconds,
      );
      const guest: Guest = { socket, connection, stream, handshakeTimer, bytesRead: 0, silentHeartbeats: 0 };
      this.#guests.add(guest);
      const handlers = accept(connection);
      return {
        onFrame: (frame) => {
          clearTimeout(handshakeTimer);
          handlers.onFrame(frame);
        },
        onClose: (closure) => {
          this.#leave(guest);
          handlers.onClose(closure);
        },
      };
    });
  }

  #leave(guest: Guest): void {
    clearTimeout(guest.handshakeTimer);
    this.#guests.delete(guest);
    if (this.#guests.size === 0) this.#whenEmpty?.();
  }

  readonly #onHeartbeat = (): void => {
    for (const guest of this.#guests) {
      guest.silentHeartbeats = guest.stream.bytesRead > guest.bytesRead ? 0 : guest.silentHeartbeats + 1;
      guest.bytesRead = guest.stream.bytesRead;
      if (guest.silentHeartbeats >= silentHeartbeats) {
        guest.connection.close('heartbeat-timeout', `found no sign of life in ${silentHeartbeats} heartbeats`);
      } else if (guest.socket.readyState === guest.socket.OPEN) {
        guest.socket.ping();
      }
    }
  };
}

/** The path of a request, without its query. */
export function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

/** Answers an upgrade request that is not accepted, and ends its connection. */
export function refuseUpgrade(stream: Duplex, { status, code, message }: Refusal): void {
  const body = JSON.stringify({ code, message });
  const head = [
    `HTTP/1.1 ${status} Refused`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  stream.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => stream.destroy());
}

function destroy(this: Duplex): void {
  this.destroy();
}
