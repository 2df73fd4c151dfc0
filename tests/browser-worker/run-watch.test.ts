// A tab's look at the run, against a real server.

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { RunWatch, type Sight } from '../../browser-worker/computing/run-watch.js';
import type { RunSummary } from '../../protocol/index.js';

const run: RunSummary = {
  ...{ run: 'small-1', name: 'small', operator: 'A lab', contact: null, task: 'in-context-regression', model: 'lstm' },
  ...{ microbatchSize: 8, step: 2, stepCount: 9, trainLoss: 0.5, curve: [], sequencesPerSecond: 12.5, workerCount: 1 },
  ...{ outcome: null, worker: null, study: null },
};
const cleanups: (() => unknown)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Looks once at a coordinator that wants the token `abc`. */
async function lookWith(token: string | undefined, isThere = true): Promise<Sight> {
  const server = createServer((request, response) => {
    if (request.headers.authorization !== 'Bearer abc') return void response.writeHead(401).end('null');
    response.end(JSON.stringify(run));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/run.json`;
  if (isThere) cleanups.push(() => server.close());
  else server.close();
  return new Promise((resolve) => {
    const watch = new RunWatch({ address, token }, resolve);
    cleanups.push(() => watch.close());
  });
}

describe('RunWatch', () => {
  test('shows its invitation and sees the run', async () => {
    expect(await lookWith('abc')).toEqual({ run, failureCount: 0, isUninvited: false });
  });

  test.each([undefined, 'old'])('hears that it is not invited when its token is %s', async (token) => {
    expect(await lookWith(token)).toEqual({ run: undefined, failureCount: 1, isUninvited: true });
  });

  test('tells a coordinator that does not answer apart', async () => {
    expect(await lookWith('abc', false)).toEqual({ run: undefined, failureCount: 1, isUninvited: false });
  });
});
