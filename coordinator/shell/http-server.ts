// The server under WebSockets and pages: where it listens, and under which names.

import { createServer, type RequestListener, type Server } from 'node:http';
import { hostname, networkInterfaces } from 'node:os';
import { RunError } from '../index.js';

/** Where to listen; port 0 is any free one. */
export interface ServerAddress {
  readonly host: string;
  readonly port: number;
}

/** A request that dribbles in, or a connection that brings none, is over after its time; Node.js itself looks only twice a minute. */
const bounds = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 16 * 1024,
} as const;

const loopbackNames = ['127.0.0.1', 'localhost', '[::1]'];

/** The names that a Host header may have for a server on this address: those of the machine itself, and no others. */
export function hostNamesOf(host: string): readonly string[] {
  if (host === '127.0.0.1' || host === 'localhost' || host === '::1') return loopbackNames;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => bracketed(address)));
  return [...new Set([...loopbackNames, bracketed(host), hostname().toLowerCase(), ...addresses])];
}

/** A listening server. Throws RunError with code `port-busy` or `address-unavailable`. */
export async function listen(address: ServerAddress, onRequest: RequestListener): Promise<Server> {
  const server = createServer(bounds, onRequest);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(address, error)));
    server.listen({ ...address }, resolve);
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
