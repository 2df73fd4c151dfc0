// A tab on a graphics card (SwiftShader, in software): what it says of the card, and what follows when the card fails it.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compileShaders, wasmBackend } from '../../backends/index.js';
import { buildPlan } from '../../learning/index.js';
import { proofProgram } from '../../worker/proof-program.js';
import { killAll, until } from '../integration/command.js';
import { configurationOf, serialDigest } from '../integration/configurations.js';
import { chooseDevice, chromiumPath, gpuFlag, launchChromium, nameOf, press, shows, textOf, visit } from './chromium.js';
import type { Visitor } from './chromium.js';
import { before, destroyDevices, flipBits, limitBuffers, strike } from './script-changes.js';
import { serveRun, trusting, type ServedRun } from './served-run.js';
import { changingWay, foreignWay, type Way } from './ways.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
let browser: Browser;
let way: Way | undefined;

const config = trusting(configurationOf('gated-rnn', { steps: 60, microbatches: 5, microbatchSize: 16 }));
const longConfig = { ...config, training: { ...config.training, steps: 1_000_000 } };
const largeConfig = { ...config, model: { ...config.model, hidden: 64 } };
const wanted = (): string => serialDigest(config, wasmBackend);

describe.skipIf(executable === undefined)(`a tab on a graphics card (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '', gpuFlag, '--host-resolver-rules=MAP run.example 127.0.0.1');
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
    way?.close();
    way = undefined;
  });
  afterAll(() => browser.close());

  it('is shown before anything starts, left alone when it is in software, used when that is chosen, and exchanged without a break', async () => {
    const run = await serveRun(longConfig);
    const tab = await visit(browser, run.pageAddress);
    const name = await nameOf(tab);
    await shows(
      tab,
      /^Processor, with WASM\. The graphics card \(.*swiftshader.*\) is simulated in software; the processor is faster/i,
    );
    await chooseDevice(tab, 'Graphics card');
    await shows(tab, /^Simulated graphics card \(.*swiftshader.*\), with WebGPU\.$/i);
    await tab.page.getByText('50 % of the time').waitFor();
    await press(tab, 'Start');
    const backendOf = async (): Promise<string | undefined> =>
      (await run.status()).workers.find((worker) => worker.name === name)?.backend;
    await until('it has computed alone', async () => ((await run.status()).step >= 20 ? true : undefined));
    expect(await backendOf()).toBe('webgpu');
    for (const [device, backend] of [
      ['Processor', 'wasm'],
      ['Graphics card', 'webgpu'],
    ] as const) {
      await chooseDevice(tab, device);
      await until(`${backend} works`, async () => ((await backendOf()) === backend ? true : undefined));
      const { step } = await run.status();
      await until('steps are done', async () => ((await run.status()).step > step + 2 ? true : undefined));
    }
    await expectSerialBits(run);
    await shows(tab, 'The run is over');
    expect(await textOf(tab, 'class')).toMatch(/^exact/);
    expect(tab.errors).toEqual([]);
  });

  it('is out of reach at an insecure address: the page says what to ask for, and the processor does the work', async () => {
    const run = await serveRun(config);
    way = await foreignWay(run.port);
    const tab = await visit(browser, way.pageAddress.replace('127.0.0.1', 'run.example'));
    await shows(tab, /Browsers offer WebGPU only at secure addresses \(https, or this machine\); ask the operator for one\.$/);
    await press(tab, 'Start');
    expect((await run.result()).parametersSha256).toBe(wanted());
    await shows(tab, 'The run is over');
    // The one header that means nothing there is sent nevertheless: the coordinator cannot know what a proxy makes of its address.
    expect(tab.errors.filter((error) => !error.startsWith('The Cross-Origin-Opener-Policy header has been ignored'))).toEqual([]);
  });

  it('crashes with its whole process, until none can be opened any more, and the run goes on', async () => {
    const crashing = await launchChromium(executable ?? '', gpuFlag);
    try {
      const run = await serveRun(longConfig);
      const tab = await visit(crashing, run.pageAddress);
      const name = await nameOf(tab);
      await chooseDevice(tab, 'Graphics card');
      await press(tab, 'Start');
      const debuggerSession = await crashing.newBrowserCDPSession();
      const crash = async (): Promise<void> => {
        const nodes = (await run.nodesOf(name)) ?? 0;
        await until('it computes', async () => (((await run.nodesOf(name)) ?? 0) > nodes + 2 ? true : undefined));
        await debuggerSession.send('Browser.crashGpuProcess');
      };
      await crash();
      await shows(tab, /It was lost once, and opened again\.$/);
      // The browser gives the process up after some crashes, and the tab does after some losses.
      while ((await textOf(tab, 'device')).startsWith('Simulated')) await crash();
      await shows(tab, /^Processor, with WASM\. The graphics card.* was lost or failed again and again/);
      const nodes = (await run.nodesOf(name)) ?? 0;
      await until('the processor computes', async () => (((await run.nodesOf(name)) ?? 0) > nodes + 10 ? true : undefined));
    } finally {
      await crashing.close();
    }
  });

  it('is lost under load and opened again; lost again and again, the processor takes over, and the page says why', async () => {
    const [run, tab, name] = await startOnGpu(destroyDevices, longConfig);
    const nodesOf = async (): Promise<number> => (await run.nodesOf(name)) ?? 0;
    const untilMore = async (count: number): Promise<void> => {
      const before = await nodesOf();
      await until(`it computes ${count} more`, async () => ((await nodesOf()) > before + count ? true : undefined));
    };
    await untilMore(2);
    await strike(tab);
    await shows(tab, /It was lost once, and opened again\.$/);
    await untilMore(10);
    const blamed = shows(tab, /^Processor, with WASM\. The graphics card \(.*\) was lost or failed again and again/);
    const striking = setInterval(() => void strike(tab).catch(() => undefined), 500);
    await blamed;
    clearInterval(striking);
    await untilMore(10);
    await shows(tab, 'Working');
    expect(tab.errors).toEqual([]);
    await expectSerialBits(run);
  });

  it('computes other bits: it is never used, and the processor does the work', async () => {
    const [run, tab] = await startOnGpu(flipBits, config);
    await shows(tab, /^Processor, with WASM\. The graphics card \(.*\) computes other bits than every other machine/);
    expect((await run.result()).parametersSha256).toBe(wanted());
    await shows(tab, 'The run is over');
    expect(await textOf(tab, 'class')).toMatch(/^exact/);
  });

  it('is too small for the program: the processor does the work', async () => {
    // Four bytes for each value: the proof has microbatches of 16 sequences, and no program is compiled that has no room for 8.
    const needed = 4 * 16 * compileShaders(proofProgram()).sizes.body;
    const missing = 4 * 8 * compileShaders(buildPlan(largeConfig).trainProgram).sizes.body;
    expect(missing).toBeGreaterThan(needed);
    const bytes = Math.ceil((needed + missing) / 8) * 4;
    const [run, tab] = await startOnGpu(limitBuffers(bytes), largeConfig);
    await shows(tab, /^Processor, with WASM\. The graphics card \(.*\) cannot hold the program of this run\.$/);
    expect((await run.result()).parametersSha256).toBe(serialDigest(largeConfig, wasmBackend));
  });
});

/** Ends a run that has no end of its own: as far as it went, it has the serial bits. */
async function expectSerialBits(run: ServedRun): Promise<void> {
  run.command.process.kill('SIGINT');
  const { outcome, steps, parametersSha256 } = await run.result();
  expect({ outcome, parametersSha256 }).toEqual({
    outcome: 'stopped',
    parametersSha256: serialDigest(longConfig, wasmBackend, steps),
  });
}

async function startOnGpu(prelude: string, configuration: typeof config): Promise<readonly [ServedRun, Visitor, string]> {
  const run = await serveRun(configuration);
  way = await changingWay(run.port, before('compute-thread', prelude));
  const tab = await visit(browser, way.pageAddress);
  await chooseDevice(tab, 'Graphics card');
  await press(tab, 'Start');
  return [run, tab, await nameOf(tab)];
}
