// `starling export` on a run of the real command, and the example that rebuilds the network from its file with numpy alone.

import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../coordinator/store/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { killAll, repository, run, runJson } from './command.js';
import { configurationOf, temporaryFolder, writeConfiguration } from './configurations.js';

const portions = { steps: 300, microbatches: 2, microbatchSize: 64 };
const config = {
  ...configurationOf('gated-rnn', portions, { checkpointEvery: 100, keepCheckpoints: 100 }),
  evaluation: { every: null, sequences: 65_536 },
};
const pythons = ['python3', '/usr/bin/python3'];
const python = pythons.find((path) => spawnSync(path, ['-c', 'import numpy']).status === 0);

let folder = '';
let runFolder = '';
let result: Awaited<ReturnType<typeof runJson>> = {};

beforeAll(async () => {
  folder = temporaryFolder();
  runFolder = join(folder, 'run');
  result = await runJson(['train', writeConfiguration(folder, config), '--threads', '2', '--out', runFolder]);
});
afterEach(killAll);

describe('starling export', () => {
  it('writes the newest parameters under their names, with the run they come from', async () => {
    const file = join(folder, 'newest.safetensors');
    const report = await runJson(['export', runFolder, '--out', file]);
    const { metadata, tensors } = decodeSafetensors(readFileSync(file));
    const numbers = Float32Array.from(tensors.flatMap(({ values }) => [...values]));
    const digest = createHash('sha256').update(bytesOfFloats(numbers)).digest('hex');
    expect(digest).toBe(result['parametersSha256']);
    expect(report).toMatchObject({ file, step: 300, parametersSha256: digest });
    expect(metadata).toMatchObject({ format: 'starling-parameters', step: '300', parametersSha256: digest });
    expect(JSON.parse(metadata['configuration'] ?? '')).toEqual(config);
    expect(tensors.map(({ name, shape }) => [name, ...shape])).toContainEqual(['layer0.inputGate.m', 20, 7]);
  });

  it('writes an earlier step where it is asked for, and names those that there are where it has none', async () => {
    const file = join(folder, 'earlier.safetensors');
    expect(await runJson(['export', runFolder, '--out', file, '--step', '100'])).toMatchObject({ step: 100 });
    const refused = await run(['export', runFolder, '--out', file, '--step', '150']);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('checkpoints of steps 100, 200, 300 found, one of step 150 wanted');
    expect(readdirSync(folder).filter((name) => name.includes('partial'))).toEqual([]);
  });

  it('refuses a folder that is no run', async () => {
    const refused = await run(['export', join(folder, 'nowhere')]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('Cannot read run');
  });
});

describe.skipIf(python === undefined)(
  `the numpy example (${python === undefined ? 'skipped: found no numpy' : 'with numpy'})`,
  () => {
    it('rebuilds Eq. 2 from the file and finds the loss of the run, up to sampling error', async () => {
      const file = join(folder, 'rebuilt.safetensors');
      await runJson(['export', runFolder, '--out', file]);
      const script = join(repository, 'examples', 'gated-rnn-from-safetensors.py');
      const printed = execFileSync(python ?? '', [script, file], { encoding: 'utf8' });
      const [, loss = Number.NaN, error = Number.NaN] = (/output ([\d.]+) \+- ([\d.]+)/.exec(printed) ?? []).map(Number);
      expect(error).toBeLessThan(0.01);
      // Both losses are sampled, the run's on two thirds as many sequences.
      expect(Math.abs(loss - Number(result['testLoss']))).toBeLessThan(5 * 1.6 * error);
    });
  },
);
