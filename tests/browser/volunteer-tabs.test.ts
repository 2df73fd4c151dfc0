// Real tabs in a real browser work for a real run, beside a headless worker. Needs dist/ and a Chromium (PATH or CHROMIUM_PATH).

import type { Browser } from 'playwright-core';
import type { Browser as TabbedBrowser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll, start, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { openDetour, type Detour } from '../integration/detour.js';
import { chooseDevice, chromiumPath, gpuFlag, launchChromium, nameOf, press, shows, textOf, visit } from './chromium.js';
import type { Visitor } from './chromium.js';
import { evaluateIn, launchChromiumWithTabs, nameIn, open, pressIn, showsTitle, type DrivenPage } from './puppeteer.js';
import { serveRun, trusting, type ServedRun } from './served-run.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
let browser: Browser;
let tabbed: TabbedBrowser;
const ways: Detour[] = [];

it('has a browser when it runs in CI', () => {
  expect(process.env['CI'] === undefined || executable !== undefined).toBe(true);
});

describe.skipIf(executable === undefined)(`volunteer tabs (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '', gpuFlag);
    tabbed = await launchChromiumWithTabs(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const way of ways.splice(0)) way.close();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => Promise.all([browser.close(), tabbed.close()]));

  it('on cards and processors leave, pause, hide, return and come late, and the run ends with the serial bits', async () => {
    const config = trusting(configurationOf('gated-rnn', { steps: 1000, microbatches: 13, microbatchSize: 32 }));
    const run = await serveRun(config);
    // By a way this slow a worker needs half a minute for all steps, on a machine of any speed.
    const way = await openDetour(run.socketAddress, { delayMilliseconds: 30 });
    ways.push(way);
    const pageAddress = new URL('volunteer/', way.address.replace('ws:', 'http:')).href;
    const openTab = async (): Promise<readonly [Visitor, string]> => {
      const visitor = await visit(browser, pageAddress);
      return [visitor, await nameOf(visitor)];
    };
    const [onGpu, gpuName] = await openTab();
    await onGpu.page.getByText(/^Step 0 of 1,000$/).waitFor();
    expect((await run.status()).workers).toEqual([]);

    // Few workers are awake at any time until the end of these events, so the run cannot be over before they have happened.
    await chooseDevice(onGpu, 'Graphics card');
    await press(onGpu, 'Start');
    await untilNodes(run, gpuName, 20);
    expect((await run.status()).workers).toMatchObject([{ name: gpuName, kind: 'browser', backend: 'webgpu' }]);
    await press(onGpu, 'Pause');
    await shows(onGpu, 'Paused');
    expect(await run.nodesOf(gpuName)).toBeUndefined();
    const { step } = await run.status();

    const [leaving, leavingName] = await openTab();
    await press(leaving, 'Start');
    await untilNodes(run, leavingName, 20);
    expect((await run.status()).step).toBeGreaterThan(step);
    await until('the tab holds a lease', async () => {
      const worker = (await run.status()).workers.find(({ name }) => name === leavingName);
      return worker !== undefined && worker.leaseCount > 0 ? true : undefined;
    });
    await leaving.page.close({ runBeforeUnload: false });
    await until('it has left', async () => ((await run.nodesOf(leavingName)) === undefined ? true : undefined), 2000);
    expect((await run.status()).reissuedLeases).toBeGreaterThan(0);

    const hiding = await open(tabbed, pageAddress);
    const hidingName = await nameIn(hiding);
    await pressIn(hiding, 'Start');
    await untilNodes(run, hidingName, 20);
    const another = await open(tabbed, 'about:blank');
    await another.page.bringToFront();
    await until('it is hidden', async () => ((await visibilityOf(hiding)) === 'hidden' ? true : undefined));
    const seen = (await run.nodesOf(hidingName)) ?? 0;
    await untilNodes(run, hidingName, seen + 40);
    expect(await visibilityOf(hiding)).toBe('hidden');
    await hiding.page.bringToFront();
    await pressIn(hiding, 'Pause');
    await showsTitle(hiding, 'Paused');

    const [late, lateName] = await openTab();
    await late.page.getByLabel('Speed').fill('2');
    await press(late, 'Start');
    await untilNodes(run, lateName, 20);
    expect((await run.status()).workers).toMatchObject([{ name: lateName, kind: 'browser', backend: 'wasm', threadCount: 2 }]);

    await press(late, 'Pause');
    const headless = start(['worker', way.address, '--threads', '2', '--name', 'headless', '--quiet']);
    await untilNodes(run, 'headless', 20);
    await press(late, 'Resume');
    await press(onGpu, 'Resume');
    await until('everyone works', async () => ((await run.status()).workers.length === 3 ? true : undefined));
    way.delayMilliseconds = 0;
    const result = await run.result();
    expect(result.outcome).toBe('completed');
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(result.reissuedLeases).toBeGreaterThan(0);
    for (const name of [gpuName, leavingName, hidingName, lateName, 'headless']) {
      expect(result.contributionsByWorker[name]?.committedNodes, name).toBeGreaterThanOrEqual(20);
    }
    expect((await headless.finished).exitCode).toBe(0);
    for (const tab of [onGpu, late]) {
      await shows(tab, 'The run is over');
      expect(await textOf(tab, 'class')).toMatch(/^exact/);
    }
    expect(hiding.errors).toEqual([]);
    expectNothingElse(pageAddress, [onGpu, leaving, late]);
  });
});

const visibilityOf = (tab: DrivenPage): Promise<string> => evaluateIn(tab, 'document.visibilityState');

async function untilNodes(run: ServedRun, name: string, count: number): Promise<void> {
  await until(`${name} has contributed ${count} tree nodes`, async () =>
    ((await run.nodesOf(name)) ?? 0) >= count ? true : undefined,
  );
}

/** No complaint on a console, and no other server has been asked for anything. */
function expectNothingElse(pageAddress: string, visitors: readonly Visitor[]): void {
  for (const { errors, requests } of visitors) {
    expect(errors).toEqual([]);
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((address) => new URL(address).host !== new URL(pageAddress).host)).toEqual([]);
  }
}
