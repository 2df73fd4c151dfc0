// Where a coordinator can be reached, for people who are to open it. `address` is what it listens at for workers, `ws://host:port/`.

import { networkInterfaces } from 'node:os';
import { volunteerTokenOf } from './access.js';
import { isLoopback, type ServingOptions } from './serving.js';
import { volunteerPath } from './volunteer-page.js';

/** The address of a page, and whether it leads others nowhere. */
export interface PageAddress {
  readonly address: string;
  readonly isLocal: boolean;
}

/** What the run's owner opens: the public address, or of all addresses of this machine the first one that others can reach. */
export function pageAddress(address: string, { host = '127.0.0.1', publicUrl }: ServingOptions): PageAddress {
  if (publicUrl !== undefined) return { address: publicUrl, isLocal: false };
  const url = new URL(address.replace(/^ws/, 'http'));
  const reachable = host === '0.0.0.0' || host === '::' ? firstReachable() : undefined;
  if (reachable !== undefined) url.hostname = reachable;
  return { address: url.href, isLocal: isLoopback(url.hostname) || url.hostname === '[::1]' };
}

/** What workers elsewhere connect to. */
export function workerAddress(address: string, options: ServingOptions): string {
  return pageAddress(address, options).address.replace(/^http/, 'ws');
}

/** What volunteers open. The token stands in the fragment, which no browser sends and no server logs. */
export function volunteerAddress(address: string, options: ServingOptions): PageAddress {
  const page = pageAddress(address, options);
  const url = new URL(volunteerPath.slice(1), page.address);
  if (options.token !== undefined) url.hash = `token=${volunteerTokenOf(options.token)}`;
  return { ...page, address: url.href };
}

/** An address of this machine in a network; undefined where it is in none. */
function firstReachable(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
