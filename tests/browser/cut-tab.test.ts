// Tabs whose network is cut for a minute, that are copied, that have an invitation or none.

import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { startCoordinator } from '../../coordinator/shell/index.js';
import { buildPlan } from '../../learning/index.js';
import { expectedProof } from '../../worker/index.js';
import { killAll, repository, until } from '../integration/command.js';
import { configurationOf, serialDigest, temporaryFolder } from '../integration/configurations.js';
import { chromiumPath, evaluate, launchChromium, nameOf, press, shows, textOf, visit, watch } from './chromium.js';
import { serveRun, serveSlowly, trusting } from './served-run.js';
import { cuttableWay } from './ways.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
const minuteMilliseconds = 60_000;
let browser: Browser;

const config = trusting(configurationOf('gated-rnn', { steps: 600, microbatches: 4, microbatchSize: 32 }));
const longConfig = { ...config, training: { ...config.training, steps: 1_000_000 } };

// While the first of them waits for its minute to pass, the others have their turn.
describe.skipIf(executable === undefined).concurrent(`a tab (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterAll(async () => {
    killAll();
    await browser.close();
  });

  it('whose network is cut for a minute says so, loses its leases to others, and comes back by itself', async ({
    onTestFinished,
  }) => {
    const run = await serveRun(config);
    const way = await cuttableWay(run.port);
    onTestFinished(way.close);
    const tab = await visit(browser, way.pageAddress);
    const name = await nameOf(tab);
    await press(tab, 'Start');
    await until('it computes', async () => (((await run.nodesOf(name)) ?? 0) > 20 ? true : undefined));
    way.cut();
    const cutAt = performance.now();
    await shows(tab, 'Coordinator gone');
    // Three questions without an answer; a browser by itself would need a minute more to let the connection go.
    expect(performance.now() - cutAt).toBeLessThan(50_000);
    await shows(tab, 'No answer now; this was last heard.');
    await until('the coordinator lets go', async () => ((await run.nodesOf(name)) === undefined ? true : undefined));
    const { step, reissuedLeases } = await run.status();
    expect(reissuedLeases).toBeGreaterThan(0);
    await until('the minute is over', () => (performance.now() - cutAt > minuteMilliseconds ? true : undefined));
    expect((await run.status()).step).toBe(step);
    way.mend();
    await shows(tab, 'Working');
    expect((await run.result()).parametersSha256).toBe(serialDigest(config, wasmBackend));
    await shows(tab, 'The run is over');
  });

  it('that is copied gives way to its copy in words, and joins anew under an id of its own', async ({ onTestFinished }) => {
    const run = await serveSlowly(longConfig);
    onTestFinished(() => void run.command.process.kill('SIGKILL'));
    const tab = await visit(browser, run.pageAddress);
    onTestFinished(() => tab.context.close());
    const name = await nameOf(tab);
    await press(tab, 'Start');
    await shows(tab, 'Working');
    const [page] = await Promise.all([tab.context.waitForEvent('page'), evaluate(tab, 'void open(location.href)')]);
    const copy = watch(tab.context, page);
    expect(await nameOf(copy)).toBe(name);
    await press(copy, 'Start');
    await shows(copy, 'Working');
    await shows(tab, 'This tab cannot help');
    await tab.page.getByText(/^A copy of this tab works on under the same id\./).waitFor();
    expect((await run.status()).workers).toHaveLength(1);
    await press(tab, 'Join anew');
    await shows(tab, 'Working');
    const own = await nameOf(tab);
    expect(own).not.toBe(name);
    await until('both compute', async () => {
      const nodes = await Promise.all([run.nodesOf(name), run.nodesOf(own)]);
      return nodes.every((count) => (count ?? 0) > 10) ? true : undefined;
    });
    await shows(copy, 'Working');
    expect([...tab.errors, ...copy.errors]).toEqual([]);
  });

  it('is let in by the invitation in its link, which leaves the address bar and outlives a reload', async ({
    onTestFinished,
  }) => {
    const coordinator = await startCoordinator({
      ...{ config: longConfig, plan: buildPlan(longConfig), backend: wasmBackend, proof: expectedProof },
      ...{ folder: join(temporaryFolder(), 'run'), software: 'starling', token: 'let+me/in=' },
      volunteerFolder: join(repository, 'dist', 'browser-worker'),
    });
    onTestFinished(() => void coordinator.stop(0));
    const address = new URL('volunteer/', coordinator.address.replace('ws:', 'http:')).href;

    const stranger = await visit(browser, address);
    await press(stranger, 'Start');
    await shows(stranger, 'This tab cannot help');
    await stranger.page.getByText(/Ask its operator for a link: the invitation is in it\.$/).waitFor();

    const guest = await visit(browser, `${address}#token=${encodeURIComponent('let+me/in=')}`);
    onTestFinished(() => guest.context.close());
    await guest.page.getByText('Not started').waitFor();
    expect(guest.page.url()).toBe(address);
    expect(guest.requests.filter((request) => request.includes('let'))).toEqual([]);
    const name = await nameOf(guest);
    await press(guest, 'Start');
    await shows(guest, 'Working');
    await guest.page.reload();
    expect(await nameOf(guest)).toBe(name);
    await press(guest, 'Start');
    await shows(guest, 'Working');
    await until('it has contributed', async () => (Number(await textOf(guest, 'accepted')) > 0 ? true : undefined));
    expect(guest.errors).toEqual([]);
  });
});
