import { describe, expect, test } from 'vitest';
import {
  closeReason,
  closureOfWebSocket,
  errorCodes,
  errorDefinitions,
  isErrorCode,
  mayRetry,
  messageTypes,
  printableText,
  webSocketCloseCode,
} from '../../protocol/index.js';

describe('errorDefinitions', () => {
  test('have close codes of their own in the range for applications', () => {
    const closeCodes = errorCodes.map((code) => errorDefinitions[code].closeCode);
    expect(new Set(closeCodes).size).toBe(errorCodes.length);
    for (const closeCode of closeCodes) expect(closeCode).toBeGreaterThanOrEqual(4000);
    for (const closeCode of closeCodes) expect(closeCode).toBeLessThan(5000);
  });

  test('have codes that fit into refuse and failure', () => {
    for (const code of errorCodes) expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
  });
});

describe('mayRetry()', () => {
  test('is false for codes of other versions and for names that objects have', () => {
    expect(['shutting-down', 'protocol-version', 'from-the-future', 'toString'].map(mayRetry)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(isErrorCode('constructor')).toBe(false);
  });
});

describe('closureOfWebSocket()', () => {
  test.each(['normal', ...errorCodes] as const)('reads the close code of %s', (code) => {
    expect(closureOfWebSocket(webSocketCloseCode(code), 'why')).toEqual({ code, reason: 'why' });
  });

  test('takes unknown close codes for a lost connection', () => {
    expect(closureOfWebSocket(4999, 'x\u0000y')).toEqual({ code: 'connection-lost', reason: 'x y' });
  });
});

describe('closeReason()', () => {
  test.each(['a', 'é', '€', '🦜'])('cuts between characters when %s fills the reason', (character) => {
    const reason = closeReason(character.repeat(200));
    expect(Buffer.byteLength(reason)).toBeLessThanOrEqual(123);
    expect(Buffer.byteLength(reason)).toBeGreaterThan(119);
    expect(reason.replaceAll(character, '')).toBe('');
  });
});

describe('printableText()', () => {
  test('keeps printable text as it is', () => {
    expect(printableText('Cannot read "x": 3 − 4 🦜')).toBe('Cannot read "x": 3 − 4 🦜');
  });

  test('replaces what is no printable character and cuts between characters', () => {
    expect(printableText('a\r\nb\u202ec')).toBe('a  b c');
    expect(printableText('🦜'.repeat(10), 5)).toBe('🦜🦜…');
    expect(printableText('🦜'.repeat(10), 4)).toBe('🦜…');
    expect(printableText('x\ud83e', 4)).toBe('x');
  });
});

describe('messageTypes', () => {
  test('name each message once', () => {
    expect(new Set(messageTypes).size).toBe(messageTypes.length);
  });
});
