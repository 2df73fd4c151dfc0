// How a WebSocket carries the end of a connection: a close code of its own for every error, and a reason of at most 123 bytes.

import type { ErrorCode } from './errors.js';
import { errorCodes, errorDefinitions } from './errors.js';
import { printableText } from './fields.js';
import type { CloseCode, Closure } from './transport.js';

/** The UTF-8 bytes that a WebSocket allows for a close reason. */
export const closeReasonBytes = 123;

// Codes of RFC 6455 that a WebSocket library or a proxy chooses by itself.
const standardCodes: Readonly<Record<number, CloseCode>> = {
  1000: 'normal',
  1001: 'shutting-down',
  1002: 'malformed-frame',
  1003: 'text-frame',
  1005: 'normal',
  1006: 'connection-lost',
  1007: 'malformed-frame',
  1009: 'frame-too-large',
  1011: 'internal-error',
  1012: 'shutting-down',
};

const ownCodes: ReadonlyMap<number, ErrorCode> = new Map(errorCodes.map((code) => [errorDefinitions[code].closeCode, code]));

/** The close code that a WebSocket sends for a code of the protocol. */
export function webSocketCloseCode(code: CloseCode): number {
  return code === 'normal' ? 1000 : errorDefinitions[code].closeCode;
}

/** The end of a connection as a WebSocket reports it; unknown close codes count as a lost connection. */
export function closureOfWebSocket(closeCode: number, reason: string): Closure {
  const code = ownCodes.get(closeCode) ?? standardCodes[closeCode] ?? 'connection-lost';
  return { code, reason: printableText(reason) };
}

/** A reason that fits into a close frame: printable and at most 123 bytes of UTF-8. */
export function closeReason(text: string): string {
  let byteCount = 0;
  let reason = '';
  for (const character of printableText(text)) {
    byteCount += utf8Bytes(character.codePointAt(0) ?? 0);
    if (byteCount > closeReasonBytes) break;
    reason += character;
  }
  return reason;
}

function utf8Bytes(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
