// The server under WebSockets and pages: where it listens, and under which names.

import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { hostname, networkInterfaces } from 'node:os';
import { RunError } from '../index.js';
import { servingLimits } from './limits.js';
import { isLoopback, type ServingOptions, type TlsIdentity } from './serving.js';

/** Where to listen; port 0 is any free one. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  /** With it the server speaks TLS. */
  readonly tls?: TlsIdentity | undefined;
  /** Sockets that may be open at one time, whatever is said over them. */
  readonly socketCount?: number;
}

/** A request that dribbles in, or a connection that brings none, is over after its time; Node.js itself looks only twice a minute. */
const bounds = {
  requestTimeout: servingLimits.requestMilliseconds,
  headersTimeout: servingLimits.requestMilliseconds,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: servingLimits.requestHeaderBytes,
} as const;
const secureBounds = { ...bounds, handshakeTimeout: servingLimits.secureHandshakeMilliseconds } as const;

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** The names that a Host header may have: those of the machine itself and the one that a proxy serves it under, and no others. */
export function hostNamesOf({ host = '127.0.0.1', publicUrl }: Pick<ServingOptions, 'host' | 'publicUrl'>): readonly string[] {
  const published = publicUrl === undefined ? [] : [new URL(publicUrl).hostname];
  if (isLoopback(host)) return [...new Set([...loopbackNames, bracketed(host), ...published])];
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => bracketed(address)));
  return [...new Set([...loopbackNames, bracketed(host), hostname().toLowerCase(), ...addresses, ...published])];
}

/** A listening server. Throws RunError with code `port-busy` or `address-unavailable`. */
export async function listen(address: ServerAddress, onRequest: RequestListener): Promise<Server> {
  const { host, port, tls, socketCount = servingLimits.socketCount } = address;
  const server = tls === undefined ? createServer(bounds, onRequest) : createSecureServer({ ...secureBounds, ...tls }, onRequest);
  server.maxConnections = socketCount;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(address, error)));
    server.listen({ host, port }, resolve);
  });
  server.removeAllListeners('error');
  return server;
}

/** Ends a server; connections that are still open are cut. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}

function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function listenError({ host, port }: ServerAddress, error: NodeJS.ErrnoException): RunError {
  if (error.code === 'EADDRINUSE') {
    return new RunError('port-busy', `Cannot listen on ${host}:${port}: the port is in use, a free one wanted`, { cause: error });
  }
  return new RunError('address-unavailable', `Cannot listen on ${host}:${port}: ${error.message}`, { cause: error });
}

/** Whether a Host header, port and all, names this server. */
export function isHostAllowed(host: string | undefined, names: readonly string[]): boolean {
  const url = `http://${host ?? ''}`;
  return URL.canParse(url) && names.includes(new URL(url).hostname);
}
