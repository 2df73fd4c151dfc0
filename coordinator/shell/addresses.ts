// Where a coordinator can be reached, for people who are to open it.

import { networkInterfaces } from 'node:os';
import type { LiveVolunteers } from '../../protocol/index.js';
import { volunteerPath } from './volunteer-page.js';

/** What volunteers open: on all addresses of this machine, the first one that others can reach. `address` is what workers connect to. */
export function volunteerAddress(address: string, host: string): LiveVolunteers {
  const url = new URL(volunteerPath, address.replace(/^ws/, 'http'));
  const isAny = host === '0.0.0.0' || host === '::';
  const reachable = isAny ? firstReachable() : undefined;
  if (reachable !== undefined) url.hostname = reachable;
  return { address: url.href, isLocal: ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) };
}

/** An address of this machine in a network; undefined where it is in none. */
function firstReachable(): string | undefined {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address;
}
