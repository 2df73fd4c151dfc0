// Tabs whose scripts break and whose browser has no memory to give: each says so in words, and the run does not notice.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { chromiumPath, launchChromium, nameOf, press, shows, visit, type Visitor } from './chromium.js';
import { before, refuseMemory, strike, throwAtOnce, throwOnStrike } from './script-changes.js';
import { serveRun, trusting, type ServedRun } from './served-run.js';
import { changingWay, type ScriptChange, type Way } from './ways.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
const config = trusting(configurationOf('gated-rnn', { steps: 400, microbatches: 4, microbatchSize: 32 }));
const faults = [
  [
    'do not arrive',
    (path: string, content: string) => (path.includes('/compute-thread-') ? undefined : content),
    'Computing failed',
  ],
  ['fail at once', before('compute-thread', throwAtOnce), 'Computing failed'],
  ['get no memory', before('compute-thread', refuseMemory), 'This browser gives the page no memory to compute in.'],
] as const;
let browser: Browser;
let way: Way | undefined;

describe.skipIf(executable === undefined)(`a broken tab (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
    way?.close();
    way = undefined;
  });
  afterAll(() => browser.close());

  it.each(faults)('says in words that it cannot help when its compute workers %s', async (_, change, words) => {
    const [run, tab] = await startBroken(change);
    await shows(tab, 'This tab cannot help');
    await tab.page.getByText(words).waitFor();
    expect((await run.status()).workers).toEqual([]);
    await tab.page.getByRole('button', { name: 'Look again' }).waitFor();
  });

  it('goes on with new compute workers when theirs break under load, to the serial bits', async () => {
    const [run, tab, name] = await startBroken(before('compute-thread', throwOnStrike));
    for (const nodes of [10, 40]) {
      await until('it computes', async () => (((await run.nodesOf(name)) ?? 0) > nodes ? true : undefined));
      await strike(tab);
    }
    expect((await run.result()).parametersSha256).toBe(serialDigest(config, wasmBackend));
    await shows(tab, 'The run is over');
  });

  it('gives its leases back when its own worker breaks under load, and works again when it is loaded again', async () => {
    const [run, tab, name] = await startBroken(before('tab-thread', throwOnStrike));
    await until('it computes', async () => (((await run.nodesOf(name)) ?? 0) > 10 ? true : undefined));
    await strike(tab);
    await shows(tab, 'This tab cannot help');
    await tab.page.getByText('A part of this page could not be loaded or has failed. Load the page again.').waitFor();
    await until('it has left', async () => ((await run.nodesOf(name)) === undefined ? true : undefined));
    await press(tab, 'Load again');
    await press(tab, 'Start');
    expect((await run.result()).parametersSha256).toBe(serialDigest(config, wasmBackend));
    await shows(tab, 'The run is over');
  });

  it('says in words that its own worker does not start', async () => {
    const run = await serveRun(config);
    way = await changingWay(run.port, before('tab-thread', throwAtOnce));
    const tab = await visit(browser, way.pageAddress);
    await tab.page.getByText('A part of this page could not be loaded or has failed. Load the page again.').waitFor();
    await tab.page.getByRole('button', { name: 'Load again' }).waitFor();
  });
});

async function startBroken(change: ScriptChange): Promise<readonly [ServedRun, Visitor, string]> {
  const run = await serveRun(config);
  way = await changingWay(run.port, change);
  const tab = await visit(browser, way.pageAddress);
  await press(tab, 'Start');
  return [run, tab, await nameOf(tab)];
}
