// Real tabs in a real browser work for a study: they are moved from run to run, stay through the loss of its coordinator, share runs
// with a headless worker, and every run has the bits that it has alone. Needs dist/ and a Chromium (PATH or CHROMIUM_PATH).

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import type { StudyStatus } from '../../coordinator/shell/index.js';
import { expandStudy, parseStudy } from '../../learning/index.js';
import { killAll, run, start, until, type RunningCommand } from '../integration/command.js';
import { serialDigest, temporaryFolder } from '../integration/configurations.js';
import { chooseDevice, chromiumPath, gpuFlag, launchChromium, nameOf, press, shows, textOf, visit } from './chromium.js';
import type { Visitor } from './chromium.js';

const executable = chromiumPath();
const reason = executable === undefined ? 'skipped: found no Chromium in PATH or CHROMIUM_PATH' : 'in Chromium';
let browser: Browser;

const study = {
  name: 'shared',
  description: 'runs for tabs',
  base: {
    task: { name: 'in-context-regression', contextLength: 4, inputDimension: 2, outputDimension: 1 },
    model: { name: 'gated-rnn' },
    training: { steps: 300, microbatches: 4, microbatchSize: 32, checkpointEvery: 50 },
    evaluation: { sequences: 64 },
  },
  // Programs of two sizes, so that a tab that is moved has to change its program.
  grid: { seed: [0, 1, 2, 3], 'model.hidden': [6, 12] },
};

interface ServedStudy {
  readonly command: RunningCommand;
  readonly socketAddress: string;
  readonly origin: string;
  readonly status: () => Promise<StudyStatus>;
}

async function serveStudy(file: string, out: string, port: string): Promise<ServedStudy> {
  const command = start(['study', file, '--out', out, '--threads', '0', '--port', port, '--json']);
  const [socketAddress] = await until('the study listens', () => /ws:\/\/127\.0\.0\.1:\d+\//.exec(command.stderr()) ?? undefined);
  const origin = socketAddress.replace('ws:', 'http:');
  const status = async (): Promise<StudyStatus> => (await (await fetch(`${origin}study`)).json()) as StudyStatus;
  return { command, socketAddress, origin, status };
}

const endedCount = ({ runs }: StudyStatus): number => runs.filter(({ state }) => state === 'completed').length;

async function untilEnded(served: ServedStudy, count: number): Promise<void> {
  await until(`${count} runs are done`, async () => (endedCount(await served.status()) >= count ? true : undefined));
}

describe.skipIf(executable === undefined)(`volunteers’ tabs at a study (${reason})`, () => {
  beforeAll(async () => {
    browser = await launchChromium(executable ?? '', gpuFlag);
  });
  afterEach(async () => {
    killAll();
    for (const context of browser.contexts()) await context.close();
  });
  afterAll(() => browser.close());

  it('go from run to run with what they compute on, and every run ends with its own bits', async () => {
    const folder = temporaryFolder();
    const [file, out] = [join(folder, 'study.yaml'), join(folder, 'out')];
    writeFileSync(file, JSON.stringify(study));
    const first = await serveStudy(file, out, '0');
    expect(first.command.stderr()).toContain(`Volunteers open  ${first.origin}volunteer/`);
    const open = async (): Promise<readonly [Visitor, string]> => {
      const tab = await visit(browser, `${first.origin}volunteer/`);
      return [tab, await nameOf(tab)];
    };
    const [onProcessor, processorName] = await open();
    await shows(onProcessor, 'The study: shared');
    await shows(onProcessor, '0 of 8 runs done');
    const [onGpu, gpuName] = await open();
    await chooseDevice(onGpu, 'Graphics card');
    await press(onProcessor, 'Start');
    await shows(onProcessor, /^This tab is at: shared\/seed-0_hidden-6$/);
    await press(onGpu, 'Start');

    // Two tabs, and nobody else: a run is done, and they go on with the next.
    await untilEnded(first, 2);
    await shows(onProcessor, /^[2-8] of 8 runs done$/);
    await until('both tabs are shown at another run', async () => {
      const names = await Promise.all([onProcessor, onGpu].map((tab) => textOf(tab, 'run-name')));
      return names.every((name) => !name.endsWith('seed-0_hidden-6')) ? true : undefined;
    });

    // The coordinator is lost and comes back; so do they.
    first.command.process.kill('SIGKILL');
    await first.command.finished;
    for (const tab of [onProcessor, onGpu]) await shows(tab, 'Coordinator gone');
    const second = await serveStudy(file, out, new URL(first.origin).port);
    for (const tab of [onProcessor, onGpu]) await shows(tab, 'Working');
    await untilEnded(second, 3);

    // With a worker of the owner's the rest is shared.
    const headless = start(['worker', second.socketAddress, '--threads', '1', '--name', 'headless', '--json']);
    const { exitCode, stdout } = await second.command.finished;
    expect(exitCode).toBe(0);
    const result = JSON.parse(stdout) as { readonly complete: boolean; readonly runs: readonly Record<string, unknown>[] };
    expect(result.complete).toBe(true);
    const runs = expandStudy(parseStudy(study));
    expect(result.runs.map((row) => row['parametersSha256'])).toEqual(
      runs.map(({ config }) => serialDigest(config, wasmBackend)),
    );
    for (const tab of [onProcessor, onGpu]) {
      await shows(tab, 'The study is over');
      await shows(tab, '8 of 8 runs done');
      expect(tab.errors.filter((text) => !text.includes('ERR_CONNECTION_REFUSED'))).toEqual([]);
    }
    expect(JSON.parse((await headless.finished).stdout)).toMatchObject({ type: 'finished', reason: 'completed' });

    const helped = runs.map(({ config }) => {
      const text = readFileSync(join(out, config.name.slice('shared/'.length), 'result.json'), 'utf8');
      return Object.keys((JSON.parse(text) as { readonly contributionsByWorker: object }).contributionsByWorker);
    });
    const runsOf = (name: string): number => helped.filter((names) => names.includes(name)).length;
    for (const name of [processorName, gpuName]) expect(runsOf(name), name).toBeGreaterThanOrEqual(3);
    expect(runsOf('headless')).toBeGreaterThanOrEqual(1);
    const accepted = Number((await textOf(onProcessor, 'accepted')).replaceAll(',', ''));
    expect(accepted).toBeGreaterThan(300);
    const verified = await run(['verify', join(out, 'seed-0_hidden-12')]);
    expect(verified.exitCode).toBe(0);
  });
});
