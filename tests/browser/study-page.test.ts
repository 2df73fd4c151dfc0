// The live page of a study in a real browser, beside real studies: its runs from waiting to done, and what it says when nobody is there.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { killAll, start, startIn, until, type RunningCommand } from '../integration/command.js';
import { temporaryFolder } from '../integration/configurations.js';
import { chromiumPath, evaluate, launchChromium, press, shows, textOf, visit, type Visitor } from './chromium.js';
import { compressedSize, pixelsAt, pixelsOf, violationsOf } from './looks.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
const pageFolder = fileURLToPath(new URL('../../dist/study-page/', import.meta.url));
const compressedBytes = 100_000;
let browser: Browser;

it('is small when it travels, however it is compressed', () => {
  for (const ending of ['.br', '.gz'] as const) {
    const { count, bytes } = compressedSize(pageFolder, ending);
    expect(count).toBeGreaterThan(3);
    expect(bytes).toBeLessThan(compressedBytes);
  }
});

/** Two sizes and two seeds, of so many steps each. */
const studyOf = (steps: number) => ({
  name: 'small',
  base: {
    task: { name: 'in-context-regression', contextLength: 4, inputDimension: 2, outputDimension: 1 },
    model: { name: 'gated-rnn' },
    training: { steps, microbatches: 2, microbatchSize: 32, checkpointEvery: 200 },
    evaluation: { sequences: 64, every: 100 },
  },
  grid: { 'model.hidden': [6, 12], seed: [0, 1] },
});

/** More steps than there is time for. */
const endless = 1_000_000;

interface ServedStudy {
  readonly command: RunningCommand;
  readonly file: string;
  readonly out: string;
  readonly port: string;
  readonly pageAddress: string;
}

/** Serves a study to whoever joins. */
async function serveStudy(steps: number, environment: Readonly<Record<string, string>> = {}): Promise<ServedStudy> {
  const folder = temporaryFolder();
  const [file, out] = [join(folder, 'study.yaml'), join(folder, 'out')];
  writeFileSync(file, JSON.stringify(studyOf(steps)));
  return serveAgain({ file, out, port: '0' }, environment);
}

async function serveAgain(
  { file, out, port }: Pick<ServedStudy, 'file' | 'out' | 'port'>,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServedStudy> {
  const command = startIn({ environment }, ['study', file, '--out', out, '--threads', '0', '--port', port]);
  const found = await until(
    'the study tells its page',
    () => /Live page.*(http:\/\/[^:]+:(\d+)\/)/.exec(command.stderr()) ?? undefined,
  );
  const [, pageAddress = '', chosen = ''] = found;
  return { command, file, out, port: chosen, pageAddress };
}

const work = ({ port }: ServedStudy, threads: number) =>
  start(['worker', `ws://127.0.0.1:${port}/`, '--split', '--threads', String(threads), '--name', 'helper', '--quiet']);
const cells = ({ page }: Visitor, state = 'cell') => page.locator(`.cell.${state}`);
const hasCurve = (visitor: Visitor) =>
  until('a curve', async () => ((await pixelsAt(visitor, '.cell canvas', '--training')) > 20 ? true : undefined));
const doneOf = (visitor: Visitor): Promise<string> => textOf(visitor, 'progress');

describe.skipIf(executable === undefined)(`the page of a study (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser.close());

  it('shows its runs from waiting to done, and is left in the study’s folder as one file', async () => {
    const study = await serveStudy(400);
    const owner = await visit(browser, study.pageAddress);
    await shows(owner, 'Waiting for workers');
    await until('four runs wait', async () => ((await cells(owner, 'waiting').count()) === 4 ? true : undefined));
    expect(await owner.page.locator('h3').allInnerTexts()).toEqual(['hidden 6', 'hidden 12']);
    expect(await owner.page.locator('.cell .name').allInnerTexts()).toEqual(['seed 0', 'seed 1', 'seed 0', 'seed 1']);
    expect(await doneOf(owner)).toBe('0 of 4 runs done, 0.0 % of all steps');

    work(study, 2);
    await shows(owner, 'Completed');
    expect(await cells(owner, 'completed').count()).toBe(4);
    expect(await doneOf(owner)).toBe('4 of 4 runs done, 100.0 % of all steps');
    await hasCurve(owner);
    expect(owner.errors.filter((text) => !text.includes('/live'))).toEqual([]);
    expect(owner.requests.filter((request) => new URL(request).host !== `127.0.0.1:${study.port}`)).toEqual([]);
    const { stdout, exitCode } = await study.command.finished;
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^hidden-12_seed-1 +completed( +\d\.\d+){3}$/m);
    expect(stdout).toContain('4 runs: 4 completed.');
    for (const file of ['results.csv', 'results.json', 'study.html']) expect(stdout).toContain(join(study.out, file));

    const file = join(study.out, 'study.html');
    const address = pathToFileURL(file).href;
    const reader = await visit(browser, address, { offline: true });
    await shows(reader, /^All runs are done\. Saved \d{4}-\d\d-\d\d at .* UTC; nothing here moves any more\.$/);
    await hasCurve(reader);
    expect(await pixelsAt(reader, '.cell canvas', '--theory')).toBeGreaterThan(10);
    expect(await violationsOf(reader)).toEqual([]);
    expect([reader.errors, reader.requests]).toEqual([[], [address]]);
    expect(readFileSync(file, 'utf8')).not.toContain(`127.0.0.1:${study.port}`);
  });

  it('shows runs at work, filters them, and shows one large, by keyboard too', async () => {
    const study = await serveStudy(endless);
    const owner = await visit(browser, study.pageAddress);
    work(study, 2);
    await shows(owner, 'Running');
    await until('two runs are under way', async () => ((await cells(owner, 'running').count()) === 2 ? true : undefined));
    await hasCurve(owner);
    await until('two workers', async () => ((await owner.page.locator('#workers tbody tr').count()) === 2 ? true : undefined));
    const rows = await owner.page.locator('#workers tbody tr').allInnerTexts();
    expect(rows.every((row) => /helper-\d headless\s+wasm, 1 thread\s+hidden \d+, seed \d/.test(row))).toBe(true);

    await owner.page.getByLabel('Name has').fill('hidden 12');
    await shows(owner, '2 of 4 runs are shown.');
    expect(await owner.page.locator('h3').allInnerTexts()).toEqual(['hidden 12']);
    await owner.page.getByLabel('Name has').fill('');
    await owner.page.getByRole('radio', { name: /running/ }).check();
    await shows(owner, '2 of 4 runs are shown.');
    await owner.page.getByRole('radio', { name: /all/ }).check();
    await owner.page.getByLabel('Logarithmic steps').check();
    await hasCurve(owner);

    await cells(owner, 'running').first().focus();
    await owner.page.keyboard.press('Enter');
    await until('it is drawn', async () => ((await pixelsOf(owner, 'run-chart', '--training')) > 100 ? true : undefined));
    expect(await textOf(owner, 'run-state')).toMatch(/^▶ running, 1 worker$/);
    await owner.page.keyboard.press('ArrowRight');
    await until('the next run', async () => ((await textOf(owner, 'run-title')) === 'hidden 6, seed 1' ? true : undefined));
    await press(owner, 'Previous');
    expect(await textOf(owner, 'run-title')).toBe('hidden 6, seed 0');
    await owner.page.keyboard.press('Escape');
    await owner.page.locator('dialog').waitFor({ state: 'detached' });
    expect(await evaluate(owner, "document.activeElement?.matches('.cell.running')")).toBe(true);
    expect(owner.errors).toEqual([]);
  });

  it('says since when its numbers stand still when the coordinator is killed, and goes on when it is called again', async () => {
    const study = await serveStudy(endless);
    const owner = await visit(browser, study.pageAddress);
    work(study, 1);
    const stepOf = async (visitor: Visitor): Promise<number> =>
      Number(/^[\d,]+/.exec(await visitor.page.locator('.cell .steps').first().innerText())?.[0].replaceAll(',', '') ?? 0);
    await until('a checkpoint', async () => ((await stepOf(owner)) > 250 ? true : undefined));
    study.command.process.kill('SIGKILL');
    await shows(owner, 'The coordinator is gone');
    expect(await textOf(owner, 'state-detail')).toMatch(/^All numbers stand still since \d\d:\d\d:\d\d, \d+ s ago\. /);
    await study.command.finished;
    await serveAgain(study);
    await shows(owner, 'Running');
    // What was computed before is there, in a page that is opened now as well.
    const late = await visit(browser, study.pageAddress);
    await until('it went on', async () => ((await stepOf(late)) > 250 ? true : undefined));
    await hasCurve(late);
  });

  it('asks for the token', async () => {
    const study = await serveStudy(endless, { STARLING_ADMIN_TOKEN: 'a-secret-of-the-owner-of-it' });
    const stranger = await visit(browser, study.pageAddress);
    await shows(stranger, 'A token is wanted');
    await stranger.page.getByLabel('Token', { exact: true }).fill('a-secret-of-the-owner-of-it');
    await press(stranger, 'Show the study');
    await shows(stranger, 'Waiting for workers');
    expect(stranger.errors).toEqual([]);
    expect((await fetch(`${study.pageAddress}study`)).status).toBe(401);
  });

  it.each([
    ['light', 390],
    ['dark', 390],
    ['light', 1280],
    ['dark', 1280],
  ] as const)('has no fault that axe finds, %s, %i pixels wide', async (colorScheme, width) => {
    const study = await serveStudy(endless);
    const options: BrowserContextOptions = { colorScheme, viewport: { width, height: 844 }, reducedMotion: 'reduce' };
    const owner = await visit(browser, study.pageAddress, options);
    await shows(owner, 'Waiting for workers');
    expect(await violationsOf(owner)).toEqual([]);
    work(study, 2);
    await until('two workers', async () => ((await owner.page.locator('#workers tbody tr').count()) === 2 ? true : undefined));
    await hasCurve(owner);
    expect(await violationsOf(owner)).toEqual([]);
    expect(await evaluate(owner, 'document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await cells(owner).first().click();
    await until('it is drawn', async () => ((await pixelsOf(owner, 'run-chart', '--training')) > 50 ? true : undefined));
    expect(await violationsOf(owner)).toEqual([]);
    await press(owner, 'Close');
    expect(owner.errors).toEqual([]);
    study.command.process.kill('SIGKILL');
    await shows(owner, 'The coordinator is gone');
    expect(await violationsOf(owner)).toEqual([]);
  });
});
