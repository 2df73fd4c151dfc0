// What happens to a volunteer page besides its work: a coordinator that dies and returns, rules, and who can use it at all.

import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser } from 'playwright-core';
import type { Browser as TabbedBrowser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import type { RunConfig } from '../../learning/index.js';
import { killAll, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { openDetour } from '../integration/detour.js';
import {
  chooseDevice,
  chromiumPath,
  evaluate,
  gpuFlag,
  launchChromium,
  nameOf,
  press,
  shows,
  textOf,
  visit,
} from './chromium.js';
import { expectNoViolations } from './looks.js';
import { evaluateIn, launchChromiumWithTabs, nameIn, open, pressIn, showsTitle, textIn, type DrivenPage } from './puppeteer.js';
import { resumeRun, serveRun, serveSlowly, trusting } from './served-run.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
const page = fileURLToPath(new URL('../../dist/browser-worker/', import.meta.url));
const compressedBytes = 150_000;
let browser: Browser;
let tabbed: TabbedBrowser;

it('is small when it travels, however it is compressed', () => {
  const files = readdirSync(page, { recursive: true, encoding: 'utf8' });
  for (const ending of ['.br', '.gz']) {
    const sizes = files.filter((file) => file.endsWith(ending)).map((file) => statSync(page + file).size);
    expect(sizes.length).toBeGreaterThan(4);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(compressedBytes);
  }
});

/** A run that is not over before the test is; its steps are short. */
function longRun(): RunConfig {
  return trusting(configurationOf('linear-attention', { steps: 1_000_000, microbatches: 4, microbatchSize: 16 }));
}

describe.skipIf(executable === undefined)(`the volunteer page (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '', gpuFlag);
    tabbed = await launchChromiumWithTabs(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => Promise.all([browser.close(), tabbed.close()]));

  it('says that the coordinator is gone, and works on by itself when it is resumed, to the serial bits', async ({
    onTestFinished,
  }) => {
    const parts = trusting(configurationOf('gated-rnn', { steps: 600, microbatches: 4, microbatchSize: 32 }));
    const config = { ...parts, training: { ...parts.training, checkpointEvery: 20 } };
    const run = await serveRun(config);
    // A hundred leases a second at most, so that the run cannot be over before the coordinator is killed.
    const way = await openDetour(run.socketAddress, { delayMilliseconds: 10 });
    onTestFinished(() => way.close());
    const tab = await visit(browser, new URL('volunteer/', way.address.replace('ws:', 'http:')).href);
    const name = await nameOf(tab);
    await press(tab, 'Start');
    await until('the tab works', async () => (((await run.nodesOf(name)) ?? 0) > 40 ? true : undefined));
    run.command.process.kill('SIGKILL');
    await shows(tab, 'Coordinator gone');
    await tab.page.getByText(/^Trying again (now|in \d+ s)\./).waitFor();
    const resumed = await resumeRun(run);
    await shows(tab, 'Working');
    way.delayMilliseconds = 0;
    const result = await resumed.result();
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(result.contributionsByWorker[name]?.committedNodes).toBeGreaterThanOrEqual(20);
    await shows(tab, 'The run is over');
    expect(Number((await textOf(tab, 'accepted')).replaceAll(',', ''))).toBeGreaterThan(40);
  });

  it('rests while the device runs on its battery, goes on when it is plugged in, and does not where the volunteer wishes otherwise', async () => {
    const run = await serveSlowly(longRun());
    const tab = await visit(browser, 'about:blank');
    // No browser without a battery can be told that it has one.
    await tab.page.addInitScript(`
      const battery = Object.assign(new EventTarget(), { charging: true });
      navigator.getBattery = () => Promise.resolve(battery);
      addEventListener('plug', ({ detail }) => { battery.charging = detail; battery.dispatchEvent(new Event('chargingchange')); });
    `);
    await tab.page.goto(run.pageAddress);
    const plug = (isIn: boolean): Promise<unknown> =>
      evaluate(tab, `dispatchEvent(new CustomEvent('plug', { detail: ${isIn} }))`);
    await press(tab, 'Start');
    await shows(tab, 'Working');
    await plug(false);
    await shows(tab, 'This device runs on its battery. Work goes on by itself when it is plugged in.');
    expect((await run.status()).workers).toEqual([]);
    await plug(true);
    await shows(tab, 'Working');
    await plug(false);
    await shows(tab, 'Paused');
    await tab.page.getByLabel('Rest while the device runs on its battery').uncheck();
    await shows(tab, 'Working');
    expect(tab.errors).toEqual([]);
  });

  it('computes in the background, and rests there where the volunteer wishes', async () => {
    const run = await serveSlowly(longRun());
    const tab = await open(tabbed, run.pageAddress);
    const name = await nameIn(tab);
    await pressIn(tab, 'Start');
    await until('the tab works', async () => (((await run.nodesOf(name)) ?? 0) > 20 ? true : undefined));
    const another = await open(tabbed, 'about:blank');
    await until('it is hidden', async () => ((await visibilityOf(tab)) === 'hidden' ? true : undefined));
    const nodes = (await run.nodesOf(name)) ?? 0;
    await until('it works on', async () => (((await run.nodesOf(name)) ?? 0) > nodes + 20 ? true : undefined));
    await tab.page.bringToFront();
    await evaluateIn(tab, `document.querySelectorAll('input[type=checkbox]')[1].click()`);
    await until('it is seen', async () => ((await visibilityOf(tab)) === 'visible' ? true : undefined));
    await showsTitle(tab, 'Working');
    await another.page.bringToFront();
    await showsTitle(tab, 'Paused');
    expect(await run.nodesOf(name)).toBeUndefined();
    expect(await evaluateIn(tab, 'document.body.innerText')).toContain('Work goes on by itself when you come back.');
    await tab.page.bringToFront();
    await showsTitle(tab, 'Working');
    await pressIn(tab, 'Pause');
    await showsTitle(tab, 'Paused');
    expect(tab.errors).toEqual([]);
    for (const { page } of [tab, another]) await page.close();
  });

  it('without WebGPU in the browser computes on the processor, says why, and the run ends with the serial bits', async () => {
    const config = configurationOf('gated-rnn', { steps: 200, microbatches: 4, microbatchSize: 32 });
    const run = await serveRun(config);
    // This browser has no flag for WebGPU without a graphics card.
    const tab = await open(tabbed, run.pageAddress);
    await chooseGpuIn(tab);
    await showsTitle(tab, 'Not started');
    const words = 'Processor, with WASM. This browser has WebGPU, but finds no graphics card for it.';
    await until('the reason is shown', async () => ((await textIn(tab, 'device')) === words ? true : undefined));
    await pressIn(tab, 'Start');
    expect((await run.result()).parametersSha256).toBe(serialDigest(config, wasmBackend));
    await showsTitle(tab, 'The run is over');
    expect(await textIn(tab, 'device')).toBe(words);
    expect(tab.errors).toEqual([]);
    await tab.page.close();
  });

  it.each([
    ['Processor', { width: 390, height: 844 }],
    ['Graphics card', { width: 1280, height: 900 }],
  ] as const)('has no fault that axe finds, light or dark, at start, at work, and alone: %s', async (device, viewport) => {
    const run = await serveSlowly(longRun());
    const tab = await visit(browser, run.pageAddress, { viewport });
    await tab.page.getByText(/^Step 0 of/).waitFor();
    await expectNoViolations(tab);
    await chooseDevice(tab, device);
    // By keyboard alone.
    const start = tab.page.getByRole('button', { name: 'Start', exact: true });
    await start.focus();
    await tab.page.keyboard.press('Enter');
    await shows(tab, 'Working');
    await tab.page.getByRole('img', { name: /^Training loss over steps/ }).waitFor();
    await expectNoViolations(tab);
    expect(await evaluate(tab, 'document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    run.command.process.kill('SIGKILL');
    await shows(tab, 'Coordinator gone');
    await expectNoViolations(tab);
  });
});

const visibilityOf = (tab: DrivenPage): Promise<string> => evaluateIn(tab, 'document.visibilityState');
const chooseGpuIn = (tab: DrivenPage): Promise<unknown> =>
  evaluateIn(tab, `document.querySelectorAll('input[type=radio]')[1].click()`);
