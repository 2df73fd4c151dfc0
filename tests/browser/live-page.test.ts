// The live page in a real browser, beside real runs: what it shows, what it says when the coordinator is gone, and what is left of it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser } from 'playwright-core';
import { encode } from 'uqr';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { startCoordinator } from '../../coordinator/shell/index.js';
import type { RunConfig } from '../../learning/index.js';
import { qrPath } from '../../live-page/page/qr-path.js';
import { smallRun } from '../coordinator/small-run.js';
import { killAll, start, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { openDetour } from '../integration/detour.js';
import { chromiumPath, evaluate, launchChromium, textOf, visit, type Visitor } from './chromium.js';
import { compressedSize, pixelsOf, violationsOf } from './looks.js';
import { resumeRun, serveRun, serveSlowly, type ServedRun } from './served-run.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
const pageFolder = fileURLToPath(new URL('../../dist/live-page/', import.meta.url));
const compressedBytes = 100_000;
let browser: Browser;

it('is small when it travels, however it is compressed', () => {
  for (const ending of ['.br', '.gz'] as const) {
    const { count, bytes } = compressedSize(pageFolder, ending);
    expect(count).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(compressedBytes);
  }
});

/** A run of a gated RNN with evaluations on its way. */
function runOf(steps: number): RunConfig {
  const config = configurationOf('gated-rnn', { steps, microbatches: 4, microbatchSize: 32 }, { checkpointEvery: 20 });
  return { ...config, evaluation: { ...config.evaluation, every: 100 } };
}

const addressOf = ({ port }: ServedRun): string => `http://127.0.0.1:${port}/`;
const work = (run: ServedRun, name: string) => start(['worker', run.socketAddress, '--threads', '1', '--name', name, '--quiet']);
const shows = (visitor: Visitor, text: string | RegExp): Promise<void> => visitor.page.getByText(text, { exact: true }).waitFor();

describe.skipIf(executable === undefined)(`the live page (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser.close());

  it('shows a run from before the first worker to its end, and is left in the run’s folder as one file', async () => {
    const config = runOf(600);
    const run = await serveRun(config);
    const owner = await visit(browser, addressOf(run));
    await shows(owner, 'Waiting for workers');
    await shows(
      owner,
      'Nobody has joined yet. A headless worker joins with “npx starling worker” and the address that the coordinator has printed.',
    );
    const address = `${addressOf(run)}volunteer/`;
    expect(await textOf(owner, 'volunteers-address')).toBe(address);
    const drawn = await owner.page.locator('#volunteers-code path').getAttribute('d');
    expect(drawn).toBe(qrPath(encode(address, { ecc: 'M', border: 0 }).data));

    // Ten steps a second at most, on a machine of any speed, until all of the page has been seen.
    const way = await openDetour(run.socketAddress, { delayMilliseconds: 100 });
    start(['worker', way.address, '--threads', '1', '--name', 'first', '--quiet']);
    await shows(owner, 'Running');
    await until('the tree shows', async () => ((await owner.page.locator('.tree .node').count()) > 0 ? true : undefined));
    await owner.page.locator('#workers tbody tr').first().waitFor();
    expect(await owner.page.locator('#workers tbody tr').innerText()).toMatch(/first headless\s+wasm, 1 thread\s+exact\s/);
    await until('curves', async () => ((await pixelsOf(owner, 'loss-chart', '--training')) > 200 ? true : undefined));
    expect(await pixelsOf(owner, 'loss-chart', '--theory')).toBeGreaterThan(100);
    expect(await pixelsOf(owner, 'loss-chart', '--descent')).toBeGreaterThan(50);
    await until('throughput', async () => ((await pixelsOf(owner, 'throughput-chart', '--training')) > 20 ? true : undefined));
    expect(await pixelsOf(owner, 'learning-rate-chart', '--training')).toBeGreaterThan(50);
    await owner.page.getByText(/^theory: the best that one step of gradient descent can do: 0\.\d+$/).waitFor();
    expect(await owner.page.locator('#decay-chart').getAttribute('aria-label')).toMatch(/\d+ % of the neurons below 0\.1/);
    await owner.page.getByLabel('Logarithmic steps').check();
    await until('curves', async () => ((await pixelsOf(owner, 'loss-chart', '--training')) > 200 ? true : undefined));
    way.delayMilliseconds = 0;
    const result = await run.result();
    way.close();
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    await shows(owner, 'Completed');
    expect(await textOf(owner, 'step')).toBe('Step 600 of 600');
    expect(await textOf(owner, 'digest')).toBe(result.parametersSha256);
    // Until the coordinator ended: a browser tells on the console of every attempt to connect that fails.
    expect(owner.errors.filter((text) => !text.includes('/live'))).toEqual([]);
    expect(owner.requests.filter((request) => new URL(request).host !== `127.0.0.1:${run.port}`)).toEqual([]);

    await expectReport(join(run.folder, 'report.html'), { digest: result.parametersSha256, port: run.port });
  });

  it('says since when its numbers stand still when the coordinator is killed, and goes on when it is resumed', async () => {
    const run = await serveRun(runOf(1_000_000));
    const owner = await visit(browser, addressOf(run));
    work(run, 'steady');
    const stepOf = async (): Promise<number> =>
      Number(/^Step ([\d,]+)/.exec(await textOf(owner, 'step'))?.[1]?.replaceAll(',', ''));
    await until('steps', async () => ((await stepOf()) > 150 ? true : undefined));
    expect(owner.errors).toEqual([]);
    run.command.process.kill('SIGKILL');
    await shows(owner, 'The coordinator is gone');
    expect(await textOf(owner, 'state-detail')).toMatch(/^All numbers stand still since \d\d:\d\d:\d\d, \d+ s ago\. /);
    const before = await stepOf();
    await owner.page.getByText(/, [3-9] s ago\./).waitFor();
    expect(await stepOf()).toBe(before);
    await resumeRun(run);
    await shows(owner, 'Running');
    await until('it goes on', async () => ((await stepOf()) > before + 50 ? true : undefined));
    // The steps of before are there, in a page that was opened now as well.
    const late = await visit(browser, addressOf(run));
    await shows(late, 'Running');
    await until('curves', async () => ((await pixelsOf(late, 'loss-chart', '--training')) > 200 ? true : undefined));
    await late.page.getByText('Held-out evaluations in numbers').click();
    await late.page.getByRole('rowheader', { name: '100', exact: true }).waitFor();
  });

  it('asks for the token when it has none, keeps it for the tab, and takes it out of the address', async () => {
    const options = await smallRun({ liveFolder: pageFolder, administrationToken: 'secret' });
    const coordinator = await startCoordinator(options);
    const { pageAddress } = coordinator;
    const invited = await visit(browser, `${pageAddress}#token=secret`);
    await shows(invited, 'Waiting for workers');
    expect(invited.page.url()).toBe(pageAddress);
    await invited.page.reload();
    await shows(invited, 'Waiting for workers');
    const stranger = await visit(browser, pageAddress);
    await shows(stranger, 'A token is wanted');
    await stranger.page.getByLabel('Token', { exact: true }).fill('wrong');
    await stranger.page.keyboard.press('Enter');
    await stranger.page.getByText(/^The coordinator does not know this token\./).waitFor();
    await stranger.page.getByLabel('Token', { exact: true }).fill('secret');
    await stranger.page.getByRole('button', { name: 'Show the run' }).click();
    await shows(stranger, 'Waiting for workers');
    expect([...invited.errors, ...stranger.errors]).toEqual([]);
    await coordinator.stop(0);
  });

  it('has no fault that axe finds, light or dark, narrow or wide', async () => {
    const run = await serveSlowly(runOf(1_000_000));
    const owner = await visit(browser, addressOf(run), { reducedMotion: 'reduce' });
    const inEveryLook = async (seen: () => Promise<unknown>): Promise<void> => {
      for (const width of [390, 1280]) {
        await owner.page.setViewportSize({ width, height: 844 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await owner.page.emulateMedia({ colorScheme });
          await seen();
          expect(await violationsOf(owner), `${colorScheme}, ${width} pixels wide`).toEqual([]);
        }
      }
    };
    await inEveryLook(() => shows(owner, 'Waiting for workers'));
    work(run, 'helper');
    await owner.page.locator('#workers tbody tr').first().waitFor();
    await inEveryLook(async () => {
      await until('curves', async () => ((await pixelsOf(owner, 'loss-chart', '--training')) > 50 ? true : undefined));
      const isWithin = (): Promise<unknown> => evaluate(owner, 'document.documentElement.scrollWidth <= innerWidth');
      await until('it has its width', async () => ((await isWithin()) === true ? true : undefined));
    });
    expect(owner.errors).toEqual([]);
    run.command.process.kill('SIGKILL');
    await inEveryLook(() => shows(owner, 'The coordinator is gone'));
  });
});

/** The page opens from the disk, shows the end of the run, and asks nobody for anything. */
async function expectReport(file: string, { digest, port }: { readonly digest: string; readonly port: string }): Promise<void> {
  expect(existsSync(file)).toBe(true);
  const address = pathToFileURL(file).href;
  const reader = await visit(browser, address, { offline: true });
  await shows(reader, 'Completed');
  expect(await textOf(reader, 'state-detail')).toMatch(
    /^All steps are done\. Saved \d{4}-\d\d-\d\d at .* UTC; nothing here moves any more\.$/,
  );
  expect(await textOf(reader, 'digest')).toBe(digest);
  expect(await textOf(reader, 'step')).toBe('Step 600 of 600');
  await until('curves', async () => ((await pixelsOf(reader, 'loss-chart', '--training')) > 200 ? true : undefined));
  expect(await pixelsOf(reader, 'loss-chart', '--theory')).toBeGreaterThan(100);
  await reader.page.getByText(/^theory: the best that one step of gradient descent can do: 0\.\d+$/).waitFor();
  expect(await reader.page.locator('#workers tbody tr').innerText()).toContain('first');
  await reader.page.getByText(/^Step 599, 4 microbatches, committed/).waitFor();
  expect(await violationsOf(reader)).toEqual([]);
  expect(reader.errors).toEqual([]);
  expect(reader.requests).toEqual([address]);
  expect(readFileSync(file, 'utf8')).not.toContain(`127.0.0.1:${port}`);
}
