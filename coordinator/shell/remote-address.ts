// For whom a connection counts. Addresses are compared and forgotten: none is written to the run's folder or told to anyone.

import type { IncomingMessage } from 'node:http';
import { isIP, isIPv4, isIPv6 } from 'node:net';

/**
 * The network address that a request counts for. Behind a trusted proxy it is the last hop of X-Forwarded-For, which that proxy has
 * seen itself; what stands before it anyone can write. Without trust the header is not looked at.
 */
export function remoteAddressOf(request: IncomingMessage, isProxyTrusted: boolean): string {
  const forwarded = isProxyTrusted ? lastHop(request.headers['x-forwarded-for']) : undefined;
  return networkOf(forwarded ?? request.socket.remoteAddress ?? 'unknown');
}

/** An IPv4 address as it is; of an IPv6 address the 64 bits that one household or machine holds all addresses of. */
export function networkOf(address: string): string {
  if (isIPv4(address) || !isIPv6(address)) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [plain = ''] = address.split('%', 1);
  const [head = [], tail = []] = plain.split('::').map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = Array.from({ length: 8 - head.length - tail.length }, () => '0');
  const groups = plain.includes('::') ? [...head, ...zeros, ...tail] : head;
  return `${groups
    .slice(0, 4)
    .map((group) => parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

function lastHop(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.at(-1);
  const hop = text?.split(',').at(-1)?.trim() ?? '';
  return isIP(hop) === 0 ? undefined : hop;
}
