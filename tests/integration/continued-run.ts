// A small run that tests interrupt and continue, and what a whole one has to have recorded.

import { join } from 'node:path';
import { expect } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { recordedSteps, stepsFrom } from '../coordinator/run-files.js';
import { run, start, type Finished, type RunningCommand } from './command.js';
import { configurationOf, serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';

/** Its steps. */
export const steps = 400;
/** Its configuration. */
export const config = configurationOf(
  'linear-attention',
  { steps, microbatches: 4, microbatchSize: 32 },
  { checkpointEvery: 50 },
);
const digest = serialDigest(config, wasmBackend);

/** Writes the configuration to a new folder, and names one for the run. */
export function newRun(): { readonly file: string; readonly out: string } {
  const folder = temporaryFolder();
  return { file: writeConfiguration(folder, config), out: join(folder, 'run') };
}

/** Starts a worker of one thread. */
export const worker = (address: string): RunningCommand => start(['worker', address, '--threads', '1']);

/** Fails where a command has not ended the run as it would have ended undisturbed. */
export function expectWhole({ exitCode, stdout }: Finished, out: string): void {
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ outcome: 'completed', steps, parametersSha256: digest });
  const [fromFirst, fromInitial] = [stepsFrom(1, steps), stepsFrom(0, steps)];
  expect(recordedSteps(out)).toEqual({ contributions: fromFirst, trajectory: fromInitial, metrics: fromFirst });
}

/** Continues a run to its end. */
export const resume = async (out: string): Promise<void> =>
  expectWhole(await run(['resume', out, '--threads', '1', '--json']), out);
