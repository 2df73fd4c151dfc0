// Who may open a WebSocket: decided on the upgrade request, before anything is kept for the connection.

import type { IncomingMessage } from 'node:http';
import type { ErrorCode } from '../../protocol/index.js';
import type { Rate } from './allowance.js';
import { hostNamesOf } from './http-server.js';
import { servingLimits } from './limits.js';
import { isExposed, type ServingOptions } from './serving.js';

/** Which upgrade requests a listener accepts. */
export interface UpgradePolicy {
  /** Host names that the Host header may have, without port; `any` only behind a proxy that checks them. */
  readonly allowedHosts: readonly string[] | 'any';
  /** Origins of pages that may connect besides those that the coordinator's own host serves. */
  readonly allowedOrigins: readonly string[];
  readonly connectionCount: number;
  /** Of one IPv4 address, or of one IPv6 network of 64 bits. */
  readonly connectionCountPerAddress: number;
  /** How often one of these may open a connection; nothing: as often as it likes. */
  readonly openingRatePerAddress?: Rate;
  /** Whether the last hop of X-Forwarded-For is the address that counts. */
  readonly isProxyTrusted: boolean;
}

/** Whom a coordinator that is served so lets in. Where only this machine reaches it, all connections may come from there. */
export function policyFor(options: ServingOptions): UpgradePolicy {
  const { publicUrl, isProxyTrusted = false } = options;
  const { connectionCount, connectionCountPerAddress, openingCountPerAddress, openingsPerSecondPerAddress } = servingLimits;
  const openingRate = { atOnce: openingCountPerAddress, perSecond: openingsPerSecondPerAddress };
  return {
    allowedHosts: hostNamesOf(options),
    allowedOrigins: publicUrl === undefined ? [] : [new URL(publicUrl).origin],
    connectionCount,
    connectionCountPerAddress: isExposed(options) ? connectionCountPerAddress : connectionCount,
    ...(isExposed(options) ? { openingRatePerAddress: openingRate } : {}),
    isProxyTrusted,
  };
}

/** How many connections there are already. */
export interface ConnectionCounts {
  readonly total: number;
  readonly ofAddress: number;
  /** Whether this address has opened too many of late. */
  readonly isHurried?: boolean;
}

/** The HTTP answer to an upgrade that is not accepted. */
export interface Refusal {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

/** Why an upgrade request is refused, or undefined where it is welcome. A request without Origin comes from no page. */
export function upgradeRefusal(
  request: IncomingMessage,
  policy: Omit<UpgradePolicy, 'isProxyTrusted' | 'openingRatePerAddress'>,
  counts: ConnectionCounts,
): Refusal | undefined {
  const host = hostNameOf(`http://${request.headers.host ?? ''}`);
  if (host === undefined || (policy.allowedHosts !== 'any' && !policy.allowedHosts.includes(host))) {
    return { status: 403, code: 'origin-refused', message: 'Cannot upgrade: the Host header is not one of the allowed hosts' };
  }
  const origin = request.headers.origin;
  if (origin !== undefined && !policy.allowedOrigins.includes(origin) && !isSameHost(origin, request.headers.host)) {
    return {
      status: 403,
      code: 'origin-refused',
      message: 'Cannot upgrade: the Origin header is not one of the allowed origins',
    };
  }
  if (counts.total >= policy.connectionCount || counts.ofAddress >= policy.connectionCountPerAddress) {
    return { status: 503, code: 'too-many-connections', message: 'Cannot upgrade: there are too many connections' };
  }
  if (counts.isHurried === true) {
    return { status: 503, code: 'too-many-connections', message: 'Cannot upgrade: too many connections were opened of late' };
  }
  return undefined;
}

function isSameHost(origin: string, host: string | undefined): boolean {
  return origin === `http://${host ?? ''}` || origin === `https://${host ?? ''}`;
}

function hostNameOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}
