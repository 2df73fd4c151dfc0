// Real tabs in a real browser work for a real run, beside a headless worker. Needs dist/ and a Chromium (PATH or CHROMIUM_PATH).

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll, start, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { chromiumPath, launchChromium, nameOf, press, textOf, visit, type Visitor } from './chromium.js';
import { serveRun, type ServedRun } from './served-run.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
let browser: Browser;

it('has a browser when it runs in CI', () => {
  expect(process.env['CI'] === undefined || executable !== undefined).toBe(true);
});

describe.skipIf(executable === undefined)(`volunteer tabs (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser.close());

  it('work only when asked, leave, pause, return and come late, and the run ends with the serial bits', async () => {
    const config = configurationOf('gated-rnn', { steps: 2500, microbatches: 13, microbatchSize: 32 });
    const run = await serveRun(config);
    const [pausing, pausingName] = await openTab(run);
    await pausing.page.getByText(/^Step 0 of 2,500$/).waitFor();
    expect((await run.status()).workers).toEqual([]);

    // Only one worker is awake at any time until the end of these events, so the run cannot be over before they have happened.
    await press(pausing, 'Start');
    await untilNodes(run, pausingName, 20);
    await press(pausing, 'Pause');
    await pausing.page.getByText('Paused', { exact: true }).waitFor();
    expect(await run.nodesOf(pausingName)).toBeUndefined();
    const { step } = await run.status();

    const [leaving, leavingName] = await openTab(run);
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

    const [late, lateName] = await openTab(run);
    await late.page.getByLabel('Speed').fill('2');
    await press(late, 'Start');
    await untilNodes(run, lateName, 20);
    expect((await run.status()).workers).toMatchObject([{ name: lateName, kind: 'browser', threadCount: 2 }]);

    await press(late, 'Pause');
    const headless = start(['worker', run.socketAddress, '--threads', '1', '--name', 'headless', '--quiet']);
    await untilNodes(run, 'headless', 20);
    await press(late, 'Resume');
    await press(pausing, 'Resume');
    await until('everyone works', async () => ((await run.status()).workers.length === 3 ? true : undefined));
    const result = await run.result();
    expect(result.outcome).toBe('completed');
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    for (const name of [pausingName, leavingName, lateName, 'headless']) {
      expect(result.contributionsByWorker[name]?.committedNodes, name).toBeGreaterThanOrEqual(20);
    }
    expect((await headless.finished).exitCode).toBe(0);
    for (const tab of [pausing, late]) {
      await tab.page.getByText('The run is over').waitFor();
      expect(await textOf(tab, 'class')).toMatch(/^exact/);
    }
    expectNothingElse(run, [pausing, leaving, late]);
  });
});

async function openTab(run: ServedRun): Promise<readonly [Visitor, string]> {
  const visitor = await visit(browser, run.pageAddress);
  return [visitor, await nameOf(visitor)];
}

async function untilNodes(run: ServedRun, name: string, count: number): Promise<void> {
  await until(`${name} has contributed ${count} tree nodes`, async () =>
    ((await run.nodesOf(name)) ?? 0) >= count ? true : undefined,
  );
}

/** No complaint on a console, and no other server has been asked for anything. */
function expectNothingElse(run: ServedRun, visitors: readonly Visitor[]): void {
  for (const { errors, requests } of visitors) {
    expect(errors).toEqual([]);
    expect(requests.length).toBeGreaterThan(5);
    expect(requests.filter((address) => new URL(address).host !== `127.0.0.1:${run.port}`)).toEqual([]);
  }
}
