// The server under everything: how many sockets it holds, and under which names it is known.

import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { servingLimits } from '../../coordinator/shell/limits.js';
import { closeServer, hostNamesOf, isHostAllowed, listen } from '../../coordinator/shell/http-server.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

test('listen() closes sockets beyond its limit, and takes new ones when others have left', async () => {
  const server = await listen({ host: '127.0.0.1', port: 0, socketCount: 2 }, (_request, response) => response.end('here'));
  cleanups.push(() => closeServer(server));
  const { port } = server.address() as AddressInfo;
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    cleanups.push(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const answerOf = (socket: Socket): Promise<string> =>
    new Promise((resolve) => {
      let text = '';
      socket.on('data', (data) => (text += data.toString())).once('close', () => resolve(text));
      socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n');
    });
  const [first, second] = [await open(), await open()];
  // Connections are accepted in order: when these two are answered for, the third is the one too many.
  expect(await answerOf(await open())).toBe('');
  expect(await answerOf(first)).toContain('here');
  await expect.poll(async () => answerOf(await open())).toContain('here');
  second.destroy();
});

test('listen() refuses a request with longer headers than its limit', async () => {
  const server = await listen({ host: '127.0.0.1', port: 0 }, (_request, response) => response.end('here'));
  cleanups.push(() => closeServer(server));
  const { port } = server.address() as AddressInfo;
  const ask = (byteCount: number): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { filling: 'x'.repeat(byteCount) } });
  expect((await ask(servingLimits.requestHeaderBytes - 1000)).status).toBe(200);
  expect((await ask(servingLimits.requestHeaderBytes)).status).toBe(431);
});

test('hostNamesOf() knows the names of this machine and the public one, and isHostAllowed() no others', () => {
  const names = hostNamesOf({ host: '127.0.0.2', publicUrl: 'https://Starling.example.org:8443/run/' });
  const allowed = (host: string | undefined): boolean => isHostAllowed(host, names);
  expect(['127.0.0.2:80', 'localhost:7117', '[::1]:1', 'starling.example.org:8443', 'STARLING.example.org'].map(allowed)).toEqual(
    [true, true, true, true, true],
  );
  // The names of an attacker's that lead to this address: DNS rebinding.
  const others = ['rebound.example', 'starling.example.org.evil.example', '127.0.0.1.evil.example:80', undefined, ''];
  expect(others.map(allowed)).toEqual(others.map(() => false));
});
