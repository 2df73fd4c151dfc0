// A volunteer page that is reloaded: the coordinator hears of it at once.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killAll, until } from '../integration/command.js';
import { configurationOf } from '../integration/configurations.js';
import { chooseDevice, chromiumPath, gpuFlag, launchChromium, nameOf, press, shows, visit } from './chromium.js';
import { serveRun, trusting } from './served-run.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
/** A run that is not over before the test is; its steps are short. */
const config = trusting(configurationOf('linear-attention', { steps: 1_000_000, microbatches: 4, microbatchSize: 16 }));
let browser: Browser;

describe.skipIf(executable === undefined)(`the volunteer page (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '', gpuFlag);
  });
  afterEach(killAll);
  afterAll(() => browser.close());

  it('gives its leases back when it is reloaded, remembers its terms, and waits to be asked again', async () => {
    const run = await serveRun(config);
    const tab = await visit(browser, run.pageAddress);
    const name = await nameOf(tab);
    await chooseDevice(tab, 'Processor');
    await tab.page.getByLabel('Speed').fill('2');
    await tab.page.getByLabel('Rest while this tab is in the background').check();
    await press(tab, 'Start');
    await until('the tab works', async () => (((await run.nodesOf(name)) ?? 0) > 20 ? true : undefined));
    await tab.page.reload();
    await until('it has left', async () => ((await run.nodesOf(name)) === undefined ? true : undefined), 2000);
    await shows(tab, 'Not started');
    expect(await nameOf(tab)).toBe(name);
    expect(await tab.page.getByRole('radio', { name: 'Processor' }).isChecked()).toBe(true);
    expect(await tab.page.getByLabel('Speed').inputValue()).toBe('2');
    expect(await tab.page.getByLabel('Rest while this tab is in the background').isChecked()).toBe(true);
    const { step } = await run.status();
    await press(tab, 'Start');
    await until('the run goes on', async () => ((await run.status()).step > step ? true : undefined));
    expect(tab.errors).toEqual([]);
  });
});
