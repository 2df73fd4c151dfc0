// What pages of the run's owner are told, over real sockets.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { startCoordinator } from '../../coordinator/shell/index.js';
import { LiveFeed, type LiveFeedOptions } from '../../coordinator/shell/live-feed.js';
import { RunView } from '../../live-page/page/run-view.js';
import type { LiveMessage, LiveSnapshot } from '../../protocol/index.js';
import { startScriptedWorker } from './scripted-worker.js';
import { greeting, watch, type Watcher } from './live-watcher.js';
import { smallRun } from './small-run.js';

const cleanups: (() => unknown)[] = [];
vi.setConfig({ testTimeout: 60_000 });
const patience = { timeout: 20_000 };

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const types = ({ messages }: Watcher): readonly string[] => messages.map(({ type }) => type);

describe('the feed of a run', () => {
  test('tells a snapshot first, then what is new, and the end before it closes', async () => {
    const options = await smallRun();
    const coordinator = await startCoordinator(options);
    const { pageAddress } = coordinator;
    const early = watch(coordinator.address, greeting());
    await expect.poll(() => types(early), patience).toContain('snapshot');
    await startScriptedWorker(coordinator.address, 'worker');
    const result = await coordinator.done;
    expect(await early.closed).toMatchObject({ code: 1000 });

    const view = new RunView();
    for (const [index, message] of early.messages.entries()) {
      expect(message.type).toBe(index === 0 ? 'snapshot' : 'update');
      if (message.type === 'snapshot') view.show(message);
      if (message.type === 'update') view.update(message);
    }
    const { outcome, steps, parametersSha256, trainLoss } = result;
    expect(view.progress.value).toMatchObject({ outcome, step: steps, parametersSha256, trainLoss });
    expect(view.run.value).toMatchObject({ name: 'small/run', model: 'linear-attention', stepCount: 6, microbatchCount: 5 });
    expect(view.run.value?.volunteers).toEqual({ address: `${pageAddress}volunteer/`, isLocal: true });
    expect(view.curves.value.loss.all.buckets.map(([step]) => step)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(view.curves.value.loss.all.buckets.at(-1)?.[2]).toBeCloseTo(trainLoss ?? NaN, 6);
    expect(view.evaluations.value.map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(view.evaluations.value.at(-1)).toMatchObject({
      testLoss: result.evaluations.at(-1)?.summary.testLoss,
      gradientDescent: result.evaluations.at(-1)?.summary.gradientDescent,
      optimum: result.evaluations.at(-1)?.summary.optimum,
    });
    // This model has no λ.
    expect(view.decays.value).toEqual([]);
    expect(view.events.value.map(({ text }) => text)).toContainEqual(expect.stringContaining('worker has joined'));
  });

  test('tells the tree, the workers and the traffic of a run at work', async () => {
    const config = (await smallRun()).config;
    const slow = { ...config, training: { ...config.training, steps: 1_000_000, checkpointEvery: 1_000_000 } };
    const coordinator = await startCoordinator(await smallRun({ config: slow }));
    cleanups.push(() => coordinator.stop(0));
    await startScriptedWorker(coordinator.address, 'busy');
    const watcher = watch(coordinator.address, greeting());
    const view = new RunView();
    let seen = 0;
    await expect
      .poll(() => {
        for (const message of watcher.messages.slice(seen)) {
          if (message.type === 'snapshot') view.show(message);
          if (message.type === 'update') view.update(message);
        }
        seen = watcher.messages.length;
        return (
          view.traffic.value !== null && view.tree.value !== null && (view.workers.value?.listed[0]?.committedNodes ?? 0) > 0
        );
      }, patience)
      .toBe(true);
    expect(view.workers.value).toMatchObject({
      ...{ connectedCount: 1, unlistedCount: 0 },
      listed: [{ name: 'busy', kind: 'node', backend: 'interpreter', proofClass: 'exact', state: 'active', threadCount: 1 }],
    });
    // Of a step or of an evaluation, whatever was at hand.
    const { nodes = [], microbatchCount = 0 } = view.tree.value ?? {};
    expect(microbatchCount).toBeGreaterThan(0);
    const leaves = nodes.filter(({ state }) => state !== 'inner' && state !== 'summed');
    expect(leaves.reduce((sum, { begin, end }) => sum + end - begin, 0)).toBeGreaterThanOrEqual(microbatchCount);
    const id = view.workers.value?.listed[0]?.id;
    expect(leaves.some(({ workers }) => workers[0] === id)).toBe(true);
    // A lease and the parameters go out, a contribution comes in, five microbatches and one worker.
    expect(view.traffic.value?.sentMessages).toBeGreaterThanOrEqual(2);
    expect(view.traffic.value?.receivedMessages).toBeGreaterThanOrEqual(1);
    expect(view.traffic.value?.sentBytes).toBeGreaterThan(100);
  });

  test('has the steps of before when the run is continued', async () => {
    const options = await smallRun();
    const first = await startCoordinator(options);
    await startScriptedWorker(first.address, 'worker', {
      answer: (lease, honest) => {
        if (lease.step === 4) void first.stop(0);
        return honest();
      },
    });
    expect((await first.done).outcome).toBe('stopped');
    const second = await startCoordinator({ ...options, resume: { run: first.run } });
    cleanups.push(() => second.stop(0));
    const watcher = watch(second.address, greeting());
    await expect.poll(() => types(watcher), patience).toContain('snapshot');
    const snapshot = watcher.messages[0] as LiveSnapshot;
    const { firstStep } = snapshot.run;
    expect(firstStep).toBeGreaterThan(3);
    expect(snapshot.loss.buckets.map(([step]) => step)).toEqual(Array.from({ length: firstStep }, (_, index) => index + 1));
    expect(snapshot.evaluations.map(({ step }) => step)).toEqual([0, 3]);
  });

  test('is open to those who know the token, and says so to the others', async () => {
    const { config } = await smallRun();
    // It has more steps than it can take while it is looked at.
    const endless = { ...config, training: { ...config.training, steps: 1_000_000, checkpointEvery: 1_000_000 } };
    const coordinator = await startCoordinator(await smallRun({ config: endless, administrationToken: 'secret' }));
    cleanups.push(() => coordinator.stop(0));
    for (const wrong of [greeting(), greeting('guess')]) {
      const stranger = watch(coordinator.address, wrong);
      expect(await stranger.closed).toMatchObject({ code: 1008, reason: 'token' });
      expect(stranger.messages).toEqual([{ type: 'refusal', reason: 'token' }]);
    }
    const owner = watch(coordinator.address, greeting('secret'));
    await expect.poll(() => types(owner), patience).toContain('snapshot');
    // Beside it, workers are taken at their own path, and nobody at any other.
    const worker = await startScriptedWorker(coordinator.address, 'worker');
    await expect.poll(() => worker.messages.map(({ type }) => type)).toContain('welcome');
    const elsewhere = new WebSocket(new URL('/live/', coordinator.address));
    const failed = new Promise<Error>((resolve) => elsewhere.once('error', resolve));
    expect((await failed).message).toContain('404');
  });

  test('refuses pages of other servers', async () => {
    const coordinator = await startCoordinator(await smallRun());
    cleanups.push(() => coordinator.stop(0));
    for (const headers of [{ Origin: 'http://evil.example' }, { Host: 'evil.example' }]) {
      await expect(watch(coordinator.address, greeting(), headers as never).closed).rejects.toThrow('403');
    }
  });
});

/** A feed whose state and clock are the test's. */
async function openFeed(options: Partial<LiveFeedOptions> = {}) {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const clock = { now: 0 };
  const snapshot = (): LiveSnapshot => ({ type: 'snapshot', version: 1, time: String(clock.now) }) as unknown as LiveSnapshot;
  const feed = new LiveFeed({
    ...{ server, policy: { allowedHosts: ['127.0.0.1'], allowedOrigins: [] }, acceptsToken: () => true, snapshot },
    now: () => clock.now,
    ...options,
  });
  cleanups.push(async () => {
    await feed.close();
    await new Promise((resolve) => server.close(resolve));
  });
  return { feed, clock, address: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

describe('LiveFeed', () => {
  test('ends a connection that does not begin with a greeting, says more, or too much', async () => {
    const { address, feed } = await openFeed({ bounds: { greetingMilliseconds: 300 } });
    for (const wrong of [undefined, 'hello', '{}', '{"token":7}', 'null', Buffer.from(greeting())]) {
      expect((await watch(address, wrong).closed).code, String(wrong)).toBe(1008);
    }
    expect((await watch(address, greeting('x'.repeat(5000))).closed).code).toBe(1009);
    const talker = watch(address, greeting());
    await expect.poll(() => types(talker), patience).toContain('snapshot');
    talker.socket.send('more');
    expect((await talker.closed).code).toBe(1008);
    await expect.poll(() => feed.watcherCount, patience).toBe(0);
  });

  test('has room for so many pages', async () => {
    const { address } = await openFeed({ bounds: { watcherCount: 2 } });
    const welcome = [watch(address, greeting()), watch(address, greeting())];
    for (const watcher of welcome) await expect.poll(() => types(watcher), patience).toContain('snapshot');
    const late = watch(address, greeting());
    expect(await late.closed).toMatchObject({ code: 1013, reason: 'full' });
    expect(late.messages).toEqual([{ type: 'refusal', reason: 'full' }]);
    welcome[0]?.socket.close();
    await welcome[0]?.closed;
    const next = watch(address, greeting());
    await expect.poll(() => types(next), patience).toContain('snapshot');
  });

  test('says that it is there when nothing is new', async () => {
    const { address, feed, clock } = await openFeed();
    const watcher = watch(address, greeting());
    await expect.poll(() => types(watcher), patience).toContain('snapshot');
    for (clock.now = 100; clock.now <= 3000; clock.now += 100) feed.tell(undefined);
    await expect.poll(() => watcher.messages.length, patience).toBe(4);
    expect(watcher.messages.slice(1)).toEqual([1, 2, 3].map(() => ({ type: 'update' })));
  });

  test('lets a page that is too slow miss messages and begin again, and lets it go when it takes none at all', async () => {
    const bounds = { bufferedBytes: 1000, slowMilliseconds: 10_000 };
    const { address, feed, clock } = await openFeed({ bounds });
    const [quick, slow] = [watch(address, greeting()), watch(address, greeting())];
    for (const watcher of [quick, slow]) await expect.poll(() => types(watcher), patience).toContain('snapshot');
    slow.socket.pause();
    let number = 0;
    const numberOf = ({ messages }: Watcher): unknown => {
      const last = messages.at(-1);
      return last?.type === 'update' ? last.events?.[0]?.number : undefined;
    };
    /** More than the kernel keeps for both ends, told one by one as the quick one takes it. */
    const tellMuch = async (): Promise<void> => {
      for (const end = number + 30; number < end;) {
        number += 1;
        feed.tell({ type: 'update', events: [{ number, time: '', level: 'information', text: 'x'.repeat(1 << 20) }] });
        await expect.poll(() => numberOf(quick), patience).toBe(number);
      }
    };
    await tellMuch();
    clock.now = 1000;
    slow.socket.resume();
    const snapshots = ({ messages }: Watcher): readonly LiveMessage[] => messages.filter(({ type }) => type === 'snapshot');
    await expect
      .poll(() => {
        feed.tell({ type: 'update' });
        return snapshots(slow).length;
      }, patience)
      .toBe(2);
    expect(slow.messages.length).toBeLessThan(quick.messages.length);
    expect(snapshots(slow)[1]).toMatchObject({ time: '1000' });

    slow.socket.pause();
    await tellMuch();
    clock.now = 12_000;
    feed.tell({ type: 'update' });
    await expect.poll(() => feed.watcherCount, patience).toBe(1);
  });
});
