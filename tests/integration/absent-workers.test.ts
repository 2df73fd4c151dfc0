// Workers that are not there: all gone and back again, asleep, cut off without a word; and strangers that come only to hold on.

import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { wasmBackend } from '../../backends/index.js';
import { killAll, start, until, type Finished, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { serve, statusOf, untilStep, type ServedRun } from './served-run.js';
import { openDetour, type Detour } from './detour.js';

const cleanups: (() => void)[] = [];

afterAll(() => {
  killAll();
  for (const cleanup of cleanups) cleanup();
});

const steps = 400;
/** By a way this slow a worker needs at least four seconds for all steps, and the whole run with them. */
const slow = { delayMilliseconds: 10 } as const;
const config = configurationOf('linear-attention', { steps, microbatches: 4, microbatchSize: 32 });

function serveRun(): Promise<ServedRun> {
  const folder = temporaryFolder();
  return serve(['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', join(folder, 'run'), '--json']);
}

const worker = (address: string, name: string): RunningCommand => start(['worker', address, '--threads', '1', '--name', name]);

async function slowWay(address: string): Promise<Detour> {
  const way = await openDetour(address, slow);
  cleanups.push(() => way.close());
  return way;
}

/** Waits until these workers and no others are there. */
const untilPresent = (address: string, names: readonly string[]): Promise<true> =>
  until(`the workers are: ${names.join(', ')}`, async () => {
    const found = (await statusOf(address))?.workers.map(({ name }) => name);
    return found !== undefined && found.toSorted().join() === names.join() ? true : undefined;
  });

function expectSerialBits({ exitCode, stdout }: Finished): void {
  expect(exitCode).toBe(0);
  const parametersSha256 = serialDigest(config, wasmBackend);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', steps, parametersSha256 });
}

// All of them wait most of the time: they do so at the same time.
it.concurrent('a run without workers waits, and goes on when some return', async () => {
  const { command, address } = await serveRun();
  await untilPresent(address, []);
  expect((await statusOf(address))?.step).toBe(0);
  const way = await slowWay(address);
  const [first, second] = [worker(way.address, 'first'), worker(way.address, 'second')];
  await untilStep(address, 100);
  // One leaves in good order, the other does not.
  first.process.kill('SIGINT');
  expect((await first.finished).exitCode).toBe(0);
  second.process.kill('SIGKILL');
  await untilPresent(address, []);
  const { step } = (await statusOf(address)) ?? { step: NaN };
  expect(step).toBeLessThan(steps);
  const returned = worker(address, 'first');
  expectSerialBits(await command.finished);
  expect((await returned.finished).exitCode).toBe(0);
});

it.concurrent(
  'workers that sleep or are cut off without a word are let go, and one that wakes comes back and ends the run',
  async () => {
    const { command, address } = await serveRun();
    const asleep = worker((await slowWay(address)).address, 'asleep');
    await untilStep(address, 50);
    asleep.process.kill('SIGSTOP');
    const proxy = await slowWay(address);
    worker(proxy.address, 'cut-off');
    await untilStep(address, 100);
    proxy.stall();
    // Both connections are open still, as far as TCP knows.
    await untilPresent(address, ['asleep', 'cut-off']);
    await untilPresent(address, []);
    const text = command.stderr();
    expect(text.match(/heartbeat-timeout/g)?.length).toBe(2);
    asleep.process.kill('SIGCONT');
    await untilPresent(address, ['asleep']);
    expectSerialBits(await command.finished);
    expect((await asleep.finished).exitCode).toBe(0);
  },
);

it.concurrent('strangers who hold on without a word, or with one byte at a time, are cut off and disturb nobody', async () => {
  const { command, address } = await serveRun();
  const { hostname, port, host } = new URL(address);
  let openCount = 0;
  const count = (stranger: Socket | WebSocket): void => {
    openCount += 1;
    stranger.once('close', () => (openCount -= 1));
  };
  const open = (onConnect: (socket: Socket) => void): void => {
    const socket = connect(Number(port), hostname, () => onConnect(socket));
    cleanups.push(() => socket.destroy());
    count(socket.on('error', () => {}).resume());
  };
  const dribble = (socket: Socket, bytes: string): void => {
    let index = 0;
    const timer = setInterval(() => socket.writable && socket.write(bytes[index++ % bytes.length] ?? ''), 200);
    socket.once('close', () => clearInterval(timer));
  };
  const request = `GET /status HTTP/1.1\r\nHost: ${host}\r\nX-Slow: `;
  for (let stranger = 0; stranger < 50; stranger++) {
    open(() => {});
    open((socket) => dribble(socket, `${request}${'a'.repeat(1000)}`));
    // A WebSocket whose first frame never ends.
    const slow = new WebSocket(address, { perMessageDeflate: false });
    slow.on('error', () => {});
    slow.once('open', () => slow.send(Buffer.alloc(100), { binary: true, fin: false }));
    cleanups.push(() => slow.terminate());
    count(slow);
  }
  // None is served, and others are meanwhile.
  expect((await statusOf(address))?.workers).toEqual([]);
  expect(openCount).toBe(150);
  await until('all strangers are cut off', () => (openCount === 0 ? true : undefined), 20_000);
  const honest = worker(address, 'honest');
  expectSerialBits(await command.finished);
  expect((await honest.finished).exitCode).toBe(0);
});
