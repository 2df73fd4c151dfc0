// A run behind nginx, configured as docs/reverse-proxy.md says.

import { readFileSync } from 'node:fs';
import { createServer, request as requestPlainly, type IncomingMessage } from 'node:http';
import { request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket, type ClientOptions } from 'ws';
import { wasmBackend } from '../../backends/index.js';
import { issueCertificate } from './certificates.js';
import { killAll, startIn, until, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { freePort, nginxPath, startNginx, type RunningProxy } from './nginx.js';

const nginx = nginxPath();
const config = configurationOf('gated-rnn', { steps: 120, microbatches: 6, microbatchSize: 32 });
const token = 'abcdefghijklmnopqrstuvwxyz-0123456789';
const reason = nginx === undefined ? ': nginx is not installed' : '';

it('has nginx when it runs in CI', () => {
  expect(process.env['CI'] === undefined || nginx !== undefined).toBe(true);
});

describe.skipIf(nginx === undefined)(`a coordinator behind nginx${reason}`, () => {
  let proxy: RunningProxy;
  let command: RunningCommand;
  let ca = '';
  let certFile = '';

  beforeEach(async () => {
    const folder = temporaryFolder();
    const identity = issueCertificate(folder, { names: ['localhost'] });
    ({ certFile } = identity);
    ca = readFileSync(certFile, 'utf8');
    const securePort = await freePort();
    const args = ['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', join(folder, 'run'), '--json'];
    const published = ['--public-url', `https://localhost:${securePort}/`, '--trust-proxy'];
    command = startIn({ environment: { STARLING_WORKER_TOKEN: token } }, [...args, ...published]);
    const target = await until('the coordinator listens', () => {
      if (command.process.exitCode !== null) throw new Error(command.stderr());
      return /ws:\/\/127\.0\.0\.1:(\d+)\//.exec(command.stderr())?.[1];
    });
    proxy = await startNginx(nginx ?? '', { folder: temporaryFolder(), identity, target: Number(target), securePort });
  });

  afterEach(async () => {
    killAll();
    await proxy.close();
  });

  /** Asks over TLS, under the name of the proxy or another one. */
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, body?: string) => {
    const method = body === undefined ? 'GET' : 'POST';
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: 'localhost', servername: 'localhost', port: proxy.securePort, path, headers, method, ca }, resolve)
        .on('error', reject)
        .end(body);
    });
    const response = await answered;
    return { status: response.statusCode, headers: response.headers, body: await text(response) };
  };

  it('trains through it to the serial bits', async () => {
    const environment = { NODE_EXTRA_CA_CERTS: certFile, STARLING_WORKER_TOKEN: token };
    const worker = startIn({ environment }, ['worker', `wss://localhost:${proxy.securePort}/`, '--threads', '2']);
    const { stdout } = await command.finished;
    expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', parametersSha256: serialDigest(config, wasmBackend) });
    expect((await worker.finished).exitCode).toBe(0);
  });

  it('serves pages and data under the public name, scripts from its own store', async () => {
    const page = await ask('/volunteer/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain(`wss://localhost:${proxy.securePort}`);
    const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page.body)?.[1] ?? '';
    const caches = [];
    for (let time = 0; time < 2; time++) {
      const { status, headers } = await ask(`/volunteer/${script}`, { 'accept-encoding': 'br' });
      expect([status, headers['content-encoding'], headers['cache-control']]).toEqual([
        200,
        'br',
        'public, max-age=31536000, immutable',
      ]);
      caches.push(headers['x-cache-status']);
    }
    expect(caches).toEqual(['MISS', 'HIT']);
    expect((await ask('/volunteer/run.json')).status).toBe(401);
    const summary = await ask('/volunteer/run.json', { authorization: `Bearer ${token}` });
    expect(JSON.parse(summary.body)).toMatchObject({ name: 'gated-rnn', step: 0 });
    expect((await ask('/status')).status).toBe(401);
  });

  it('refuses other names, large bodies and what is not encrypted', async () => {
    expect((await ask('/volunteer/', { host: 'rebound.example' })).status).toBe(403);
    expect((await ask('/volunteer/', {}, 'x'.repeat(2000))).status).toBe(413);
    const plain = await new Promise<IncomingMessage>((resolve, reject) => {
      requestPlainly({ host: '127.0.0.1', port: proxy.plainPort, path: '/volunteer/' }, resolve).on('error', reject).end();
    });
    plain.resume();
    expect([plain.statusCode, plain.headers.location]).toEqual([301, `https://localhost:${proxy.securePort}/volunteer/`]);
  });

  it('opens WebSockets for the pages of the public name and for workers, and for no other page', async () => {
    const open = (options: ClientOptions): Promise<number> =>
      new Promise((resolve) => {
        const socket = new WebSocket(`wss://localhost:${proxy.securePort}/`, { ca, ...options });
        socket.once('open', () => {
          resolve(101);
          socket.terminate();
        });
        socket.once('unexpected-response', (_request, response) => {
          resolve(response.statusCode ?? 0);
          socket.terminate();
        });
        socket.on('error', () => {});
      });
    expect(await open({})).toBe(101);
    expect(await open({ origin: `https://localhost:${proxy.securePort}` })).toBe(101);
    expect(await open({ origin: 'https://elsewhere.example' })).toBe(403);
    expect(await open({ origin: 'null' })).toBe(403);
  });
});

it.skipIf(nginx === undefined)(
  `nginx tells the coordinator the address that it has seen, whatever a stranger writes${reason}`,
  async () => {
    const folder = temporaryFolder();
    const identity = issueCertificate(folder, { names: ['localhost'] });
    const heard: (readonly [unknown, unknown])[] = [];
    const upstream = createServer(({ headers }, response) => {
      heard.push([headers.host, headers['x-forwarded-for']]);
      response.end();
    });
    await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
    const securePort = await freePort();
    const target = (upstream.address() as AddressInfo).port;
    const proxy = await startNginx(nginx ?? '', { folder: temporaryFolder(), identity, target, securePort });
    try {
      const ca = readFileSync(identity.certFile, 'utf8');
      const headers = { 'x-forwarded-for': '203.0.113.5' };
      for (const path of ['/', '/volunteer/assets/script.js']) {
        await new Promise<void>((resolve, reject) => {
          const asked = request({ host: 'localhost', port: securePort, path, headers, ca }, (response) =>
            response.resume().on('end', resolve),
          );
          asked.on('error', reject).end();
        });
      }
      expect(heard).toEqual([
        [`localhost:${securePort}`, '127.0.0.1'],
        [`localhost:${securePort}`, '127.0.0.1'],
      ]);
    } finally {
      await proxy.close();
      upstream.close();
    }
  },
);
