// What browsers get from a coordinator: the volunteer page under a strict policy, and the run in short.

import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { isHostAllowed } from '../../coordinator/shell/http-server.js';
import { readStaticFiles } from '../../coordinator/shell/static-files.js';
import { statusPages } from '../../coordinator/shell/status-page.js';
import { readRunSummary, type RunSummary } from '../../protocol/index.js';

const script = 'assets/index-a1b2c3d4.js';
const cleanups: (() => unknown)[] = [];
const summary: RunSummary = {
  ...{ run: 'small-1', name: 'small', task: 'in-context-regression', model: 'lstm', microbatchSize: 8, step: 2, stepCount: 9 },
  ...{
    operator: null,
    contact: 'lab@example.org',
    curve: [
      [1, 2],
      [2, 0.5],
    ],
  },
  ...{ trainLoss: 0.5, sequencesPerSecond: 12.5, workerCount: 1, outcome: null, worker: null, study: null },
};

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Serves a small page; asks as no browser or fetch would, with any path and header. */
async function openPage(isOpen = true, hasLivePage = false) {
  const folder = mkdtempSync(join(tmpdir(), 'starling-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<p>page</p>');
  writeFileSync(join(folder, script), 'script');
  writeFileSync(join(folder, `${script}.br`), brotliCompressSync('script'));
  writeFileSync(join(folder, 'secret.pem'), 'secret');
  const asked: (string | undefined)[] = [];
  const listener = statusPages({
    status: () => undefined,
    isHostAllowed: (host) => isHostAllowed(host, ['127.0.0.1']),
    acceptsAdministrator: () => true,
    volunteers: {
      acceptsWorker: () => true,
      files: readStaticFiles(folder),
      summary: (name) => {
        asked.push(name);
        return isOpen
          ? { ...summary, worker: name === 'me' ? { isConnected: true, committedNodes: 3, microbatches: 4 } : null }
          : undefined;
      },
    },
    liveFiles: hasLivePage ? readStaticFiles(folder) : new Map(),
  });
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<Answer> => {
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request({ host: '127.0.0.1', port, path, headers, method }, resolve).on('error', reject).end();
    });
    const response = await answered;
    const compressed = response.headers['content-encoding'] === 'br';
    if (!compressed) return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const body = brotliDecompressSync(Buffer.concat(chunks)).toString();
    return { status: response.statusCode ?? 0, headers: response.headers, body };
  };
  return { ask, asked, port };
}

describe('serveVolunteerPage()', () => {
  test('gives the page, and leads there', async () => {
    const { ask } = await openPage();
    expect(await ask('/volunteer')).toMatchObject({ status: 308, headers: { location: '/volunteer/' } });
    expect(await ask('/volunteer/')).toMatchObject({ status: 200, body: '<p>page</p>' });
    expect(await ask('/volunteer/index.html')).toMatchObject({ status: 200, headers: { 'cache-control': 'no-cache' } });
    expect(await ask('/volunteer/', {}, 'HEAD')).toMatchObject({ status: 200, body: '', headers: { 'content-length': '11' } });
    expect(await ask('/volunteer/', {}, 'POST')).toMatchObject({ status: 405 });
    expect(await ask('/volunteer/', { host: 'evil.example' })).toMatchObject({ status: 403 });
  });

  test('names in its policy this server alone, whatever the Host header holds', async () => {
    const { ask, port } = await openPage();
    const policyOf = ({ headers }: Answer): string => String(headers['content-security-policy']);
    const { headers } = await ask('/volunteer/');
    expect(headers).toMatchObject({
      'content-security-policy': [
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'",
        `connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`,
        "style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ].join('; '),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    expect(policyOf(await ask(`/volunteer/${script}`))).toBe(policyOf(await ask('/volunteer/')));
    const disguised = await ask('/volunteer/', { host: "*;script-src'unsafe-inline'@127.0.0.1" });
    expect(policyOf(disguised)).not.toContain('unsafe-inline');
  });

  test('gives scripts compressed where that is understood, to be kept for ever', async () => {
    const { ask } = await openPage();
    const compressed = await ask(`/volunteer/${script}`, { 'accept-encoding': 'gzip, br' });
    expect(compressed).toMatchObject({
      status: 200,
      body: 'script',
      headers: { 'content-encoding': 'br', vary: 'Accept-Encoding' },
    });
    expect(compressed.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    const plain = await ask(`/volunteer/${script}`, { 'accept-encoding': 'gzip, br;q=0' });
    expect(plain).toMatchObject({ status: 200, body: 'script' });
    expect(plain.headers['content-encoding']).toBeUndefined();
    const tag = String(plain.headers.etag);
    expect(await ask(`/volunteer/${script}`, { 'if-none-match': tag })).toMatchObject({ status: 304, body: '' });
  });

  test('knows no other file, whatever the path', async () => {
    const { ask } = await openPage();
    const paths = [
      'secret.pem',
      '../secret.pem',
      '..%2f..%2fetc/passwd',
      `${script}.br`,
      'assets',
      'assets/',
      '%00',
      '?',
      '//',
      '%',
    ];
    const statuses = await Promise.all(paths.map(async (path) => (await ask(`/volunteer/${path}`)).status));
    // '?' is the page itself with an empty query; 503 is the status page, whose run is not open here.
    expect(statuses).toEqual(paths.map((path) => (path === '?' ? 200 : 503)));
    expect((await ask('//', {})).status).toBe(503);
  });

  test('tells the run in short, and what the worker asked for has done', async () => {
    const { ask, asked } = await openPage();
    const anyone = await ask('/volunteer/run.json');
    expect(anyone).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(readRunSummary(JSON.parse(anyone.body))).toEqual(summary);
    const own = await ask('/volunteer/run.json?worker=me');
    expect(readRunSummary(JSON.parse(own.body))?.worker).toEqual({ isConnected: true, committedNodes: 3, microbatches: 4 });
    expect(asked).toEqual([undefined, 'me']);
    const { ask: askEarly } = await openPage(false);
    expect(await askEarly('/volunteer/run.json')).toMatchObject({ status: 503, body: 'null\n' });
  });
});

describe('serveLivePage()', () => {
  test('gives the page at the root under a policy of its own, whether or not the run is open', async () => {
    const { ask, port } = await openPage(true, true);
    expect(await ask('/')).toMatchObject({ status: 200, body: '<p>page</p>', headers: { 'cache-control': 'no-cache' } });
    expect(await ask('/?from=elsewhere')).toMatchObject({ status: 200, body: '<p>page</p>' });
    expect((await ask('/')).headers['content-security-policy']).toBe(
      [
        "default-src 'none'; script-src 'self'",
        `connect-src 'self' ws://127.0.0.1:${port} wss://127.0.0.1:${port}`,
        "style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ].join('; '),
    );
    expect(await ask(`/${script}`, { 'accept-encoding': 'br' })).toMatchObject({ status: 200, body: 'script' });
    expect(await ask('/', {}, 'POST')).toMatchObject({ status: 405 });
    expect(await ask('/', { host: 'evil.example' })).toMatchObject({ status: 403 });
    // The state of the run is asked for beside it, and is not there yet.
    for (const path of ['/status', '/healthz', '/secret.pem', '/%2e%2e/secret.pem', '//']) {
      expect((await ask(path)).status, path).toBe(503);
    }
  });
});

describe('readRunSummary()', () => {
  test('accepts nothing that is no summary', () => {
    const others = [
      null,
      [],
      {},
      { ...summary, step: -1 },
      { ...summary, outcome: 'unknown' },
      { ...summary, more: 1 },
      { ...summary, curve: [[1]] },
    ];
    expect(others.map(readRunSummary)).toEqual(others.map(() => undefined));
  });
});
