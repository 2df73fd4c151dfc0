// What a WebSocket adds to a transport: strangers, text, fragments, silence, slow readers, pages from elsewhere.

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect as connectTcp, createServer } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { UpgradePolicy } from '../../coordinator/shell/upgrade-policy.js';
import type { ConnectionBounds } from '../../coordinator/shell/websocket-listener.js';
import type { WebSocketConnectOptions } from '../../node-worker/websocket-connection.js';
import { connectOverWebSockets } from '../../node-worker/websocket-connection.js';
import { errorDefinitions } from '../../protocol/index.js';
import { closeOf, statusOf } from './raw-socket.js';
import { Recorder } from './recorder.js';
import type { OpenServer } from './websocket-server.js';
import { openWebSocketServer } from './websocket-server.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Options {
  readonly bounds?: Partial<ConnectionBounds>;
  readonly policy?: Partial<UpgradePolicy>;
}

async function openServer(options: Options = {}): Promise<OpenServer & { readonly guest: Recorder }> {
  const guest = new Recorder();
  const recorders = [guest];
  const server = await openWebSocketServer({
    ...options,
    accept: (connection) => (recorders.shift() ?? new Recorder()).accept(connection),
  });
  cleanups.push(() => server.dispose());
  return { ...server, guest };
}

function openRawSocket(address: string, options: ConstructorParameters<typeof WebSocket>[2] = {}): WebSocket {
  const socket = new WebSocket(address, options);
  socket.on('error', () => {});
  cleanups.push(() => socket.terminate());
  return socket;
}

describe('listenForWebSockets()', () => {
  test('refuses a text message with its code when the frame before was binary', async () => {
    const { listener, guest } = await openServer();
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    socket.send(Buffer.of(1));
    socket.send('hello');
    expect((await closeOf(socket)).code).toBe(errorDefinitions['text-frame'].closeCode);
    expect((await guest.closed()).code).toBe('text-frame');
    expect(guest.frames.length).toBe(1);
  });

  test('joins the fragments of a frame when pings come between them', async () => {
    const { listener, guest } = await openServer();
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    socket.send(Buffer.of(1, 2), { binary: true, fin: false });
    socket.ping();
    socket.send(Buffer.of(3), { binary: true, fin: false });
    socket.send(Buffer.of(4), { binary: true, fin: true });
    expect(await guest.received(1)).toEqual([Uint8Array.of(1, 2, 3, 4)]);
  });

  test('counts all fragments of a frame when it checks its length', async () => {
    const { listener, guest } = await openServer({ bounds: { frameBytes: 100 } });
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    socket.send(Buffer.alloc(60), { binary: true, fin: false });
    socket.send(Buffer.alloc(60), { binary: true, fin: true });
    expect((await guest.closed()).code).toBe('frame-too-large');
    expect(guest.frames).toEqual([]);
  });

  test('stays up when a client sends bytes that are no WebSocket', async () => {
    const { listener, guest } = await openServer();
    const url = new URL(listener.address);
    const stream = connectTcp(Number(url.port), url.hostname);
    cleanups.push(() => stream.destroy());
    await once(stream, 'connect');
    stream.write(
      `GET / HTTP/1.1\r\nHost: ${url.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    );
    await once(stream, 'data');
    stream.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect((await guest.closed()).code).toBe('malformed-frame');
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
  });

  test('reports a lost connection when a client vanishes without a close', async () => {
    const { listener, guest } = await openServer();
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    await guest.opened();
    socket.terminate();
    expect((await guest.closed()).code).toBe('connection-lost');
  });

  test('ends a connection that says nothing in time', async () => {
    const { listener, guest } = await openServer({ bounds: { handshakeMilliseconds: 30 } });
    const socket = openRawSocket(listener.address);
    expect((await closeOf(socket)).code).toBe(errorDefinitions['handshake-timeout'].closeCode);
    expect((await guest.closed()).code).toBe('handshake-timeout');
  });

  test('ends a connection that answers no pings', async () => {
    const { listener, guest } = await openServer({ bounds: { heartbeatMilliseconds: 20 } });
    const socket = openRawSocket(listener.address, { autoPong: false });
    expect((await closeOf(socket)).code).toBe(errorDefinitions['heartbeat-timeout'].closeCode);
    expect((await guest.closed()).code).toBe('heartbeat-timeout');
  });

  test('keeps a silent connection when it answers pings', async () => {
    const { listener, guest } = await openServer({ bounds: { heartbeatMilliseconds: 25 } });
    const socket = openRawSocket(listener.address);
    for (let count = 0; count < 5; count++) await once(socket, 'ping');
    expect(guest.closures).toEqual([]);
  });

  test('ends a connection whose reader is too slow', async () => {
    const { listener, guest } = await openServer({ bounds: { bufferedBytes: 1024 * 1024 } });
    const socket = openRawSocket(listener.address);
    await once(socket, 'open');
    socket.pause();
    const connection = await guest.opened();
    for (let count = 0; count < 64; count++) connection.send(new Uint8Array(1024 * 1024));
    expect((await guest.closed()).code).toBe('slow-consumer');
    expect(connection.bufferedBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test.each([
    ['another site', 'http://elsewhere.example', 403],
    ['a sandboxed page', 'null', 403],
    ['another port of this host', 'http://127.0.0.1:1', 403],
    ['an allowed site', 'https://volunteers.example', undefined],
  ])('judges a page by its Origin when it comes from %s', async (_name, origin, status) => {
    const { listener } = await openServer({ policy: { allowedOrigins: ['https://volunteers.example'] } });
    const socket = openRawSocket(listener.address, { origin });
    if (status === undefined) await once(socket, 'open');
    else expect(await statusOf(socket)).toBe(status);
  });

  test('accepts a page when the coordinator itself serves it', async () => {
    const { listener } = await openServer();
    const socket = openRawSocket(listener.address, { origin: listener.address.replace('ws:', 'http:').slice(0, -1) });
    await once(socket, 'open');
  });

  test.each([['rebound.example'], ['127.0.0.1.rebound.example:80'], ['127.0.0.1:not-a-port']])(
    'refuses the Host %j',
    async (host) => {
      const { listener } = await openServer();
      const socket = openRawSocket(listener.address, { headers: { host } });
      expect(await statusOf(socket)).toBe(403);
    },
  );

  test('refuses an upgrade at another path', async () => {
    const { listener } = await openServer();
    expect(await statusOf(openRawSocket(`${listener.address}other`))).toBe(404);
  });

  test.each([
    ['in total', { connectionCount: 2 }],
    ['from one address', { connectionCountPerAddress: 2 }],
  ])('refuses a connection too many %s and accepts it when one has left', async (_name, policy) => {
    const { listener, guest } = await openServer({ policy });
    const [first, second] = [openRawSocket(listener.address), openRawSocket(listener.address)];
    await Promise.all([once(first, 'open'), once(second, 'open')]);
    expect(await statusOf(openRawSocket(listener.address))).toBe(503);
    first.terminate();
    second.terminate();
    await guest.closed();
    await once(openRawSocket(listener.address), 'open');
  });
});

describe('connectOverWebSockets()', () => {
  function connecting(options: Partial<WebSocketConnectOptions> = {}): ReturnType<typeof connectOverWebSockets> {
    return connectOverWebSockets({
      frameBytes: 1024,
      bufferedBytes: 1024 * 1024,
      handshakeMilliseconds: 10_000,
      silenceMilliseconds: 60_000,
      ...options,
    });
  }

  async function openSilentServer(): Promise<string> {
    const server = createServer(() => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    cleanups.push(() => server.close());
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  test.each(['', 'nonsense', 'http://127.0.0.1:1/', 'ws://127.0.0.1:1/#part', 'ws://127.0.0.1:1/'])(
    'rejects as unreachable when the address is %j',
    async (address) => {
      await expect(connecting()(address, new Recorder().accept)).rejects.toMatchObject({ code: 'unreachable' });
    },
  );

  test.each([
    ['origin-refused', { allowedHosts: [] }],
    ['too-many-connections', { connectionCount: 0 }],
  ] as const)('rejects as %s when the listener refuses so', async (code, policy) => {
    const { listener } = await openServer({ policy });
    await expect(connecting()(listener.address, new Recorder().accept)).rejects.toMatchObject({ code });
  });

  test('rejects as unreachable when the server never answers', async () => {
    const address = await openSilentServer();
    const attempt = connecting({ handshakeMilliseconds: 30 })(address, new Recorder().accept);
    await expect(attempt).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('rejects as unreachable when the attempt is given up', async () => {
    const address = await openSilentServer();
    const controller = new AbortController();
    const connect = connecting({ signal: controller.signal });
    const attempt = connect(address, new Recorder().accept);
    controller.abort();
    await expect(attempt).rejects.toMatchObject({ code: 'unreachable' });
    await expect(connect(address, new Recorder().accept)).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('ends the connection when the coordinator falls silent', async () => {
    const { listener, guest } = await openServer();
    const near = new Recorder();
    await connecting({ silenceMilliseconds: 30 })(listener.address, near.accept);
    expect((await near.closed()).code).toBe('heartbeat-timeout');
    expect((await guest.closed()).code).toBe('heartbeat-timeout');
  });

  test('keeps the connection when the coordinator only pings', async () => {
    const { listener, guest } = await openServer({ bounds: { heartbeatMilliseconds: 10 } });
    const near = new Recorder();
    await connecting({ silenceMilliseconds: 3000 })(listener.address, near.accept);
    const socket = openRawSocket(listener.address);
    for (let count = 0; count < 5; count++) await once(socket, 'ping');
    expect([...near.closures, ...guest.closures]).toEqual([]);
  });

  test('ends the connection when a frame from the coordinator is too long', async () => {
    const { listener, guest } = await openServer();
    const near = new Recorder();
    await connecting()(listener.address, near.accept);
    (await guest.opened()).send(new Uint8Array(1025));
    expect((await near.closed()).code).toBe('frame-too-large');
    expect((await guest.closed()).code).toBe('frame-too-large');
  });
});
