// The headers of pages: what a browser may load for them, and whom they may talk to.

import type { IncomingMessage } from 'node:http';

/**
 * A page may load what lies beside it and talk to this server, and no other; `scripts` are the rules for what it may run. `'self'` covers
 * the WebSocket too, but not in every browser, so its address is named.
 */
export function pageHeaders(request: IncomingMessage, scripts: readonly string[]): Readonly<Record<string, string>> {
  // Parsed again, because a header may have more in it than a host; the caller has checked its name.
  const { host } = new URL(`http://${request.headers.host ?? 'localhost'}`);
  const policy = [
    "default-src 'none'",
    ...scripts,
    `connect-src 'self' ws://${host} wss://${host}`,
    "style-src 'self'",
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}
