// A WebSocket on a network that is gone.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ImpatientSocket, type BrowserSocket } from '../../browser-worker/computing/impatient-socket.js';

/** A socket of a browser that hears nothing from the other side. */
function silentSocket(): BrowserSocket {
  return {
    ...{ binaryType: 'blob', bufferedAmount: 3, onmessage: null, onclose: null, onerror: null },
    ...{ send: vi.fn(), close: vi.fn() },
  };
}

type CloseEvent = Parameters<NonNullable<BrowserSocket['onclose']>>[0];

const closeEvent = (code: number): CloseEvent => ({ code, reason: 'bye' }) as CloseEvent;

describe('ImpatientSocket', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  test('ends two seconds after its close when nobody answers, and once', () => {
    const inner = silentSocket();
    const socket = new ImpatientSocket(inner);
    const ends: number[] = [];
    socket.onclose = ({ code }) => void ends.push(code);
    socket.close(4060, 'silence');
    expect(inner.close).toHaveBeenCalledWith(4060, 'silence');
    vi.advanceTimersByTime(1999);
    expect(ends).toEqual([]);
    vi.advanceTimersByTime(1);
    inner.onclose?.call(inner as WebSocket, closeEvent(1006));
    expect(ends).toEqual([1006]);
  });

  test('ends as the other side answers when it does', () => {
    const inner = silentSocket();
    const socket = new ImpatientSocket(inner);
    const ends: number[] = [];
    socket.onclose = ({ code }) => void ends.push(code);
    socket.close(1000, '');
    inner.onclose?.call(inner as WebSocket, closeEvent(1000));
    vi.advanceTimersByTime(10_000);
    expect(ends).toEqual([1000]);
  });

  test('passes everything else on', () => {
    const inner = silentSocket();
    const socket = new ImpatientSocket(inner);
    const heard: unknown[] = [];
    socket.onmessage = ({ data }) => void heard.push(data);
    socket.binaryType = 'arraybuffer';
    inner.onmessage?.call(inner as WebSocket, { data: 'x' } as MessageEvent);
    socket.send(Uint8Array.of(1));
    expect([heard, inner.binaryType, socket.binaryType, socket.bufferedAmount]).toEqual([['x'], 'arraybuffer', 'arraybuffer', 3]);
    expect(inner.send).toHaveBeenCalledWith(Uint8Array.of(1));
  });
});
