// Waits for workers: WebSockets over an HTTP server that comes in, which may serve pages besides.

import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Server as SecureServer } from 'node:tls';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { Accept, Connection, Listener } from '../../protocol/index.js';
import { connectionOverWebSocket } from '../../protocol/index.js';
import { Allowance, AllowanceByAddress, type Rate } from './allowance.js';
import { servingLimits } from './limits.js';
import { remoteAddressOf } from './remote-address.js';
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
  /** What a worker may send that nothing asked for; where none is named, a rate that no honest worker comes near. */
  readonly frameRate?: Rate;
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

const { closeMilliseconds, silentHeartbeats, fragmentCount, unaskedFrameCount, unaskedFramesPerSecond } = servingLimits;
const defaultFrameRate: Rate = { atOnce: unaskedFrameCount, perSecond: unaskedFramesPerSecond };

/** Accepts WebSockets on a path of an HTTP server until it is closed. */
export function listenForWebSockets(options: WebSocketListenerOptions): Listener {
  return new WebSocketListener(options);
}

interface Guest {
  readonly socket: WebSocket;
  readonly connection: Connection;
  readonly stream: Socket;
  /** For whom it counts. */
  readonly address: string;
  readonly handshakeTimer: NodeJS.Timeout;
  /** Of the last heartbeat at which the stream had brought anything: a long frame on its way is a sign of life too. */
  bytesRead: number;
  silentHeartbeats: number;
}

class WebSocketListener implements Listener {
  readonly #options: WebSocketListenerOptions;
  readonly #webSocketServer: WebSocketServer;
  readonly #guests = new Set<Guest>();
  readonly #openings: AllowanceByAddress | undefined;
  readonly #heartbeatTimer: NodeJS.Timeout;
  #whenEmpty: (() => void) | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: WebSocketListenerOptions) {
    this.#options = options;
    const { openingRatePerAddress } = options.policy;
    this.#openings = openingRatePerAddress === undefined ? undefined : new AllowanceByAddress(openingRatePerAddress);
    const serverOptions = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.bounds.frameBytes,
      maxFragments: fragmentCount,
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
    const address = remoteAddressOf(request, this.#options.policy.isProxyTrusted);
    const ofAddress = [...this.#guests].filter((guest) => guest.address === address).length;
    const isHurried = this.#openings?.spend(address, performance.now()) === false;
    const refusal = upgradeRefusal(request, this.#options.policy, { total: this.#guests.size, ofAddress, isHurried });
    if (refusal !== undefined) return refuseUpgrade(stream, refusal);
    if (pathOf(request) !== this.#options.path) {
      return refuseUpgrade(stream, { status: 404, code: 'unreachable', message: 'Cannot upgrade: no run at this path' });
    }
    this.#webSocketServer.handleUpgrade(request, stream, head, (socket) => {
      stream.off('error', destroy);
      this.#welcome(socket, request.socket, address);
    });
  };

  #welcome(socket: WebSocket, stream: Socket, address: string): void {
    const { accept, bounds } = this.#options;
    const allowance = new Allowance(bounds.frameRate ?? defaultFrameRate, performance.now());
    const limits = { remote: address, frameBytes: bounds.frameBytes, bufferedBytes: bounds.bufferedBytes };
    connectionOverWebSocket(socket, limits, (connection) => {
      const handshakeTimer = setTimeout(
        () => connection.close('handshake-timeout', `found no frame after ${bounds.handshakeMilliseconds} ms, wanted a hello`),
        bounds.handshakeMilliseconds,
      );
      const guest: Guest = { socket, connection, stream, address, handshakeTimer, bytesRead: 0, silentHeartbeats: 0 };
      this.#guests.add(guest);
      const isAllowed = (): boolean => {
        const mayGoOn = allowance.spend(performance.now());
        if (!mayGoOn) connection.close('rate-limited', 'found many more frames than were asked for');
        return mayGoOn;
      };
      // A ping costs an answer, so it counts like a frame.
      socket.on('ping', isAllowed);
      const handlers = accept(granting(connection, allowance));
      return {
        onFrame: (frame) => {
          clearTimeout(handshakeTimer);
          if (isAllowed()) handlers.onFrame(frame);
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
    this.#openings?.forget(performance.now());
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

/** A connection on which every frame that is sent allows another one back. */
function granting(connection: Connection, allowance: Allowance): Connection {
  return {
    remote: connection.remote,
    get bufferedBytes() {
      return connection.bufferedBytes;
    },
    send: (frame) => {
      allowance.grant();
      connection.send(frame);
    },
    close: (code, reason) => connection.close(code, reason),
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
