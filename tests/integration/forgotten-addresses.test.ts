// Addresses of those who help are compared and forgotten: none is in the run's folder, in what it prints, or in what it tells.

import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { wasmBackend } from '../../backends/index.js';
import { filesOf } from '../coordinator/run-files.js';
import { killAll, start } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { openDetour } from './detour.js';
import { serve, untilStep } from './served-run.js';

const cleanups: (() => void)[] = [];

afterEach(() => {
  killAll();
  for (const cleanup of cleanups.splice(0)) cleanup();
});

/** Addresses that nothing else here has. */
const [workers, strangers] = ['127.83.61.7', '127.83.61.9'] as const;
const isLoopbackWide = process.platform === 'linux';

// Other systems give 127.0.0.1 alone to their loopback interface.
it.skipIf(!isLoopbackWide)('a run that workers and strangers from other addresses took part in holds none of them', async () => {
  const config = configurationOf(
    'linear-attention',
    { steps: 400, microbatches: 4, microbatchSize: 32 },
    { checkpointEvery: 40 },
  );
  const folder = temporaryFolder();
  const run = join(folder, 'run');
  const { command, address } = await serve([
    'coordinator',
    writeConfiguration(folder, config),
    '--port',
    '0',
    '--out',
    run,
    '--json',
  ]);
  const way = await openDetour(address, { localAddress: workers, delayMilliseconds: 5 });
  cleanups.push(() => way.close());
  // One that leaves without a word, one that breaks the protocol, one that does the work.
  const lost = start(['worker', way.address, '--threads', '1', '--name', 'lost']);
  await untilStep(address, 20);
  lost.process.kill('SIGKILL');
  const rude = new WebSocket(address, { localAddress: strangers });
  rude.on('error', () => {}).on('open', () => rude.send('text'));
  await new Promise((resolve) => rude.once('close', resolve));
  const told = await (await fetch(`${address.replace('ws:', 'http:')}status`)).text();
  start(['worker', way.address, '--threads', '1', '--name', 'honest']);
  const { stdout, stderr } = await command.finished;
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', parametersSha256: serialDigest(config, wasmBackend) });

  // That they came from there is no assumption: the events tell of both, by name and by code.
  expect(stderr).toContain('text-frame');
  expect(JSON.parse(stdout)).toMatchObject({ contributionsByWorker: { lost: {}, honest: {} } });
  const files = Object.entries(filesOf(run)).map(([path, bytes]) => [path, Buffer.from(bytes, 'base64').toString('latin1')]);
  expect(files.length).toBeGreaterThan(6);
  const everything = [...files, ['stdout', stdout], ['stderr', stderr], ['status', told]];
  for (const [name, content = ''] of everything) expect([name, /127\.83\.61/.test(content)]).toEqual([name, false]);
});
