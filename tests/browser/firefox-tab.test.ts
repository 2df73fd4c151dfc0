// A tab in a stock Firefox, which has no WebGPU for it: the processor does the work, and the page says why.

import type { Browser } from 'puppeteer-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { killAll } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { evaluateIn, firefoxPath, launchFirefox, nameIn, open, pressIn, showsTitle, textIn } from './puppeteer.js';
import { serveRun } from './served-run.js';

const executable = firefoxPath();
const reason = executable === undefined ? 'skipped: found no Firefox in PATH or FIREFOX_PATH' : 'in Firefox';
let browser: Browser;

it('has a Firefox when it runs in CI', () => {
  expect(process.env['CI'] === undefined || executable !== undefined).toBe(true);
});

describe.skipIf(executable === undefined)(`a tab without WebGPU (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchFirefox(executable ?? '');
  });
  afterEach(killAll);
  afterAll(() => browser.close());

  it('computes on the processor, says why, and the run ends with the serial bits', async () => {
    const config = configurationOf('gated-rnn', { steps: 200, microbatches: 4, microbatchSize: 32 });
    const run = await serveRun(config);
    const tab = await open(browser, run.pageAddress);
    const name = await nameIn(tab);
    await showsTitle(tab, 'Not started');
    expect(await textIn(tab, 'device')).toMatch(
      /^Processor, with WASM\. This browser has (no WebGPU\.|WebGPU, but finds no graphics card)/,
    );
    expect(await evaluateIn(tab, 'document.body.innerText')).toContain('This browser does not tell pages about the battery.');
    await pressIn(tab, 'Start');
    const result = await run.result();
    expect(result.parametersSha256).toBe(serialDigest(config, wasmBackend));
    expect(result.contributionsByWorker[name]?.committedNodes).toBeGreaterThanOrEqual(20);
    await showsTitle(tab, 'The run is over');
    expect(await textIn(tab, 'class')).toMatch(/^exact/);
    expect(tab.errors).toEqual([]);
  });
});
