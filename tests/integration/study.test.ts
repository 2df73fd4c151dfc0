// `starling study` with the real command: interrupted, continued, and each run with the bits that it has alone.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { expandStudy, parseStudy } from '../../learning/index.js';
import { killAll, run, runJson, start, until } from './command.js';
import { serialDigest, temporaryFolder } from './configurations.js';

afterEach(killAll);

const study = {
  name: 'small',
  description: 'two sizes, two seeds',
  base: {
    task: { name: 'in-context-regression', contextLength: 4, inputDimension: 2, outputDimension: 1 },
    model: { name: 'gated-rnn' },
    training: { steps: 400, microbatches: 2, microbatchSize: 64, checkpointEvery: 50 },
    evaluation: { sequences: 64 },
  },
  grid: { 'model.hidden': [6, 12], seed: [0, 1] },
};

function writeStudy(content: object): { readonly file: string; readonly out: string } {
  const folder = temporaryFolder();
  const file = join(folder, 'study.yaml');
  writeFileSync(file, JSON.stringify(content));
  return { file, out: join(folder, 'out') };
}

describe('starling study', () => {
  it('stops at Ctrl-C, goes on when called again, does nothing twice, and gives every run its own bits', async () => {
    const { file, out } = writeStudy(study);
    const first = start(['study', file, '--out', out, '--threads', '2']);
    // In the middle of the second run.
    await until('the second run has a checkpoint', () =>
      Promise.resolve(existsSync(join(out, 'hidden-6_seed-1', 'checkpoints', 'step-50.safetensors')) ? true : undefined),
    );
    first.process.kill('SIGINT');
    const stopped = await first.finished;
    expect([0, 4]).toContain(stopped.exitCode);
    const resultFile = join(out, 'hidden-6_seed-0', 'result.json');
    const before = statSync(resultFile).mtimeMs;

    const result = await runJson(['study', file, '--out', out, '--threads', '2']);
    expect(result).toMatchObject({ study: 'small', complete: true });
    expect(statSync(resultFile).mtimeMs).toBe(before);
    const rows = result['runs'] as readonly Record<string, unknown>[];
    const runs = expandStudy(parseStudy(study));
    expect(rows.map((row) => row['parametersSha256'])).toEqual(runs.map(({ config }) => serialDigest(config, wasmBackend)));
    const lines = readFileSync(join(out, 'results.csv'), 'utf8').split('\r\n');
    expect(lines[0]).toMatch(/^run,model\.hidden,seed,outcome,/);
    expect(lines[3]).toMatch(/^small\/hidden-12_seed-0,12,0,completed,/);
    expect(lines).toHaveLength(6);
  });

  it('records a run that diverges and goes on with the others', async () => {
    const optimizer = { name: 'sgd', learningRate: 1000, schedule: 'constant' };
    const { file, out } = writeStudy({
      ...study,
      base: { ...study.base, optimizer, training: { ...study.base.training, clip: null, steps: 40 } },
      grid: { 'optimizer.learningRate': [1000, 0.001] },
    });
    const result = await runJson(['study', file, '--out', out, '--threads', '1']);
    const rows = result['runs'] as readonly Record<string, unknown>[];
    expect(rows.map((row) => row['outcome'])).toEqual(['diverged', 'completed']);
  });

  it('refuses a study that cannot be, and writes nothing', async () => {
    const { file, out } = writeStudy({ ...study, grid: { 'model.hidden': [0] } });
    const refused = await run(['study', file, '--out', out]);
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('model.hidden: 0 found');
    expect(existsSync(out)).toBe(false);
  });
});
