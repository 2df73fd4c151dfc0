// What bounds those who connect: how much they say, in how many parts, how often they come, and for whom they count.

import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { servingLimits } from '../../coordinator/shell/limits.js';
import { errorDefinitions } from '../../protocol/index.js';
import { closeOf, statusOf } from './raw-socket.js';
import { Recorder } from './recorder.js';
import { openWebSocketServer, type OpenServer } from './websocket-server.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server whose first connection is recorded. */
async function openServer(
  options: Omit<Parameters<typeof openWebSocketServer>[0], 'accept'> = {},
): Promise<OpenServer & { readonly guest: Recorder }> {
  const guest = new Recorder();
  const recorders = [guest];
  const server = await openWebSocketServer({
    ...options,
    accept: (connection) => (recorders.shift() ?? new Recorder()).accept(connection),
  });
  cleanups.push(() => server.dispose());
  return { ...server, guest };
}

function openRawSocket(address: string, headers: Readonly<Record<string, string>> = {}): WebSocket {
  const socket = new WebSocket(address, { headers });
  socket.on('error', () => {});
  cleanups.push(() => socket.terminate());
  return socket;
}

describe('listenForWebSockets()', () => {
  test('refuses a frame that comes in more parts than its limit', async () => {
    const { listener, guest } = await openServer();
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    for (let part = 0; part < servingLimits.fragmentCount; part++) socket.send(Buffer.of(1), { binary: true, fin: false });
    socket.send(Buffer.of(1), { binary: true, fin: true });
    expect((await guest.closed()).code).toBe('frame-too-large');
    expect(guest.frames).toEqual([]);
  });

  test.each([
    ['frames', (socket: WebSocket) => socket.send(Buffer.of(1))],
    ['pings', (socket: WebSocket) => socket.ping()],
  ])('ends a connection that sends %s that nothing asked for', async (_name, say) => {
    const frameRate = { atOnce: 8, perSecond: 0 };
    const { listener, guest } = await openServer({ bounds: { frameRate } });
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    for (let count = 0; count < 9; count++) say(socket);
    expect((await closeOf(socket)).code).toBe(errorDefinitions['rate-limited'].closeCode);
    expect((await guest.closed()).code).toBe('rate-limited');
    expect(guest.frames.length).toBeLessThanOrEqual(8);
  });

  test('keeps a connection that answers every frame, however fast', async () => {
    const { listener, guest } = await openServer({ bounds: { frameRate: { atOnce: 8, perSecond: 0 } } });
    const socket = openRawSocket(listener.address);
    socket.on('message', (data) => socket.send(data));
    const connection = await guest.opened();
    for (let count = 1; count <= 500; count++) {
      connection.send(Uint8Array.of(1));
      await guest.received(count);
    }
    expect(guest.closures).toEqual([]);
  });

  test('cuts a connection off that does not answer a close', async () => {
    const { listener, guest } = await openServer();
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    socket.pause();
    const closedAt = performance.now();
    (await guest.opened()).close('normal', 'enough');
    expect((await guest.closed()).code).toBe('normal');
    expect(performance.now() - closedAt).toBeGreaterThan(servingLimits.closeMilliseconds - 100);
    socket.resume();
    await once(socket, 'close');
  });
});

describe('listenForWebSockets() behind a proxy', () => {
  const from = (address: string, hops: string): WebSocket => openRawSocket(address, { 'x-forwarded-for': hops });

  test('counts connections by the last hop of X-Forwarded-For when the proxy is trusted', async () => {
    const { listener } = await openServer({ policy: { connectionCountPerAddress: 1, isProxyTrusted: true } });
    await once(from(listener.address, '198.51.100.1'), 'open');
    // What a stranger writes before the proxy's own word is not believed.
    expect(await statusOf(from(listener.address, '203.0.113.5, 198.51.100.1'))).toBe(503);
    await once(from(listener.address, '198.51.100.1, 198.51.100.2'), 'open');
    // All addresses of one IPv6 network are one.
    await once(from(listener.address, '2001:db8::1'), 'open');
    expect(await statusOf(from(listener.address, '2001:db8::2'))).toBe(503);
  });

  test('refuses an address that opens connections too often, and no other', async () => {
    const openingRatePerAddress = { atOnce: 3, perSecond: 0 };
    const { listener } = await openServer({ policy: { openingRatePerAddress, isProxyTrusted: true } });
    for (let count = 0; count < 3; count++) {
      const socket = from(listener.address, '198.51.100.1');
      await once(socket, 'open');
      socket.terminate();
    }
    expect(await statusOf(from(listener.address, '198.51.100.1'))).toBe(503);
    await once(from(listener.address, '198.51.100.2'), 'open');
  });

  test('does not look at X-Forwarded-For when no proxy is trusted', async () => {
    const { listener } = await openServer({ policy: { connectionCountPerAddress: 1 } });
    await once(from(listener.address, '198.51.100.1'), 'open');
    expect(await statusOf(from(listener.address, '198.51.100.2'))).toBe(503);
  });
});
