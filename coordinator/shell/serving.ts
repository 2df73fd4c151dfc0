// How a run is served: where, under which name, and what is said of its owner. Nothing of it changes a bit of the run.

import type { RunSession } from '../store/index.js';
import type { AccessOptions } from './access.js';

/** What a server shows to prove who it is, as PEM. */
export interface TlsIdentity {
  /** The certificate, and those that vouch for it behind it. */
  readonly cert: string;
  readonly key: string;
}

/** Where a coordinator listens, for whom, and what it says of its operator. */
export interface ServingOptions extends AccessOptions {
  /** Where to listen: 127.0.0.1 unless told otherwise. */
  readonly host?: string;
  /** 0, or nothing: any free port. */
  readonly port?: number;
  /** Serves https: and wss: with it. */
  readonly tls?: TlsIdentity;
  /** The address under which a reverse proxy serves this coordinator; ends with a slash. */
  readonly publicUrl?: string;
  /** Whether X-Forwarded-For comes from a proxy of one's own. */
  readonly isProxyTrusted?: boolean;
  /** Who runs this coordinator, and where that one can be reached, for volunteers. */
  readonly operator?: string;
  readonly contact?: string;
}

/** Whether an address to listen on is one of this machine alone. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/** Whether others than the people at this machine can reach what is served so: a proxy passes strangers on to a loopback address. */
export function isExposed({ host = '127.0.0.1', publicUrl, isProxyTrusted = false }: ServingOptions): boolean {
  return !isLoopback(host) || publicUrl !== undefined || isProxyTrusted;
}

/** What a run's folder keeps of how it is served, so that it can be served so again: no token and no key. */
export function sessionOf(options: ServingOptions): Omit<RunSession, 'time' | 'software' | 'port' | 'firstStep'> {
  const { host = '127.0.0.1', tls, publicUrl, isProxyTrusted, operator, contact } = options;
  return {
    host,
    ...(tls === undefined ? {} : { isSecure: true }),
    ...(publicUrl === undefined ? {} : { publicUrl }),
    ...(isProxyTrusted === undefined ? {} : { isProxyTrusted }),
    ...(operator === undefined ? {} : { operator }),
    ...(contact === undefined ? {} : { contact }),
  };
}
