// `starling study` with the real command: interrupted, continued, and each run with the bits that it has alone.

import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import type { StudyStatus } from '../../coordinator/shell/index.js';
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
    // All checkpoints stay: the first one is waited for.
    training: { steps: 400, microbatches: 2, microbatchSize: 64, checkpointEvery: 50, keepCheckpoints: 8 },
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
    // Two runs at a time: the third begins when one of the first two has ended.
    await until('the third run has a checkpoint', () =>
      existsSync(join(out, 'hidden-12_seed-0', 'checkpoints', 'step-50.safetensors')) ? true : undefined,
    );
    first.process.kill('SIGINT');
    const stopped = await first.finished;
    expect([0, 4]).toContain(stopped.exitCode);
    const done = expandStudy(parseStudy(study)).flatMap(({ config }) => {
      const file = join(out, config.name.slice('small/'.length), 'result.json');
      const isDone = existsSync(file) && readFileSync(file, 'utf8').includes('"outcome": "completed"');
      return isDone ? [{ file, modified: statSync(file).mtimeMs }] : [];
    });
    expect(done.length).toBeGreaterThan(0);

    const result = await runJson(['study', file, '--out', out, '--threads', '2']);
    expect(result).toMatchObject({ study: 'small', complete: true });
    for (const { file: resultFile, modified } of done) expect(statSync(resultFile).mtimeMs).toBe(modified);
    const rows = result['runs'] as readonly Record<string, unknown>[];
    const runs = expandStudy(parseStudy(study));
    expect(rows.map((row) => row['parametersSha256'])).toEqual(runs.map(({ config }) => serialDigest(config, wasmBackend)));
    const lines = readFileSync(join(out, 'results.csv'), 'utf8').split('\r\n');
    expect(lines[0]).toMatch(/^run,model\.hidden,seed,outcome,/);
    expect(lines[3]).toMatch(/^small\/hidden-12_seed-0,12,0,completed,/);
    expect(lines).toHaveLength(6);
  });

  it('of 64 runs survives a killed worker and a killed coordinator: every run has the bits that it has alone', async () => {
    const many = {
      ...study,
      base: { ...study.base, training: { ...study.base.training, steps: 300, digestEvery: 20 } },
      grid: { 'model.hidden': [6, 12], seed: Array.from({ length: 32 }, (_, seed) => seed) },
    };
    const { file, out } = writeStudy(many);
    const port = '47311';
    const serving = ['study', file, '--out', out, '--threads', '0', '--port', port];
    const first = start(serving);
    const url = `ws://127.0.0.1:${port}/`;
    await until('the study listens', () => (first.stderr().includes('Waiting for workers') ? true : undefined));
    const worker = ['worker', url, '--threads', '2', '--split', '--quiet'];
    const doomed = start(worker);
    const stepOf = (run: string): number => {
      const log = join(out, run, 'trajectory.jsonl');
      const lines = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
      return Number(/"step":(\d+)/.exec(lines.at(-1) ?? '')?.[1] ?? -1);
    };
    await until('two runs are under way', () =>
      stepOf('hidden-6_seed-0') > 0 && stepOf('hidden-6_seed-1') > 0 ? true : undefined,
    );
    doomed.process.kill('SIGKILL');
    const heir = start([...worker, '--json']);
    await until('a third of the work is done', () => (stepOf('hidden-6_seed-20') > 0 ? true : undefined));
    first.process.kill('SIGKILL');
    await first.finished;

    const result = await runJson(serving);
    expect(result).toMatchObject({ study: 'small', complete: true });
    const rows = result['runs'] as readonly Record<string, unknown>[];
    const runs = expandStudy(parseStudy(many));
    expect(runs).toHaveLength(64);
    expect(rows.map((row) => row['parametersSha256'])).toEqual(runs.map(({ config }) => serialDigest(config, wasmBackend)));
    const { exitCode, stdout } = await heir.finished;
    expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { type: 'finished', reason: 'completed' }]);
    const verified = await runJson(['verify', join(out, 'hidden-12_seed-1')]);
    expect(verified).toMatchObject({ verdict: 'confirmed' });
  });

  it('tells over HTTP how far it is', async () => {
    const long = { ...study.base, training: { ...study.base.training, steps: 100_000 } };
    const { file, out } = writeStudy({ ...study, base: long, grid: { ...study.grid, seed: [0, 1, 2, 3, 4] } });
    const command = start(['study', file, '--out', out, '--threads', '2', '--port', '47312']);
    const status = await until('a run is under way', async () => {
      const response = await fetch('http://127.0.0.1:47312/study').catch(() => undefined);
      const found = response?.ok === true ? ((await response.json()) as StudyStatus) : undefined;
      return found?.runs.some(({ step }) => step > 0) === true && found.secondsLeft !== null ? found : undefined;
    });
    expect(status).toMatchObject({ study: 'small' });
    expect(status.runs.map(({ state }) => state)).toEqual(expect.arrayContaining(['running', 'waiting']));
    expect(status.runs.map(({ stepCount }) => stepCount)).toEqual(Array.from({ length: 10 }, () => 100_000));
    const strange = await fetch('http://127.0.0.1:47312/elsewhere');
    expect([strange.status, (await fetch('http://127.0.0.1:47312/', { method: 'POST' })).status]).toEqual([404, 405]);
    command.process.kill('SIGINT');
    expect((await command.finished).exitCode).toBe(4);
    // What was opened can be continued; what was not has left nothing.
    expect(existsSync(join(out, 'hidden-6_seed-0', 'result.json'))).toBe(true);
    expect(existsSync(join(out, 'hidden-12_seed-4'))).toBe(false);
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

  it.each([
    ['a field out of its bounds', { grid: { 'model.hidden': [0] } }, 'model.hidden: 0 found'],
    ['a model that nobody knows', { grid: { 'model.name': ['gated-rnn', 'perceptron'] } }, 'model.name'],
    ['a grid of no runs', { grid: { seed: [] } }, 'grid.seed'],
    ['a name that leaves its folder', { name: '../elsewhere' }, 'name'],
    ['two runs of one name', { grid: { seed: [1, 1] } }, 'two runs named small/seed-1 found'],
    [
      'programs over the limits of workers',
      { grid: { 'model.hidden': [4096] } },
      'elements 16777216 found, at most 4194304 wanted',
    ],
  ])('refuses %s, and writes nothing', async (_, change, words) => {
    const { file, out } = writeStudy({ ...study, ...change });
    const refused = await run(['study', file, '--out', out]);
    expect(refused.stderr).toContain(words);
    expect(refused.exitCode).toBe(2);
    expect(existsSync(out)).toBe(false);
  });

  it('refuses a folder that holds another run of the same name, before anything is begun', async () => {
    const short = { ...study, base: { ...study.base, training: { ...study.base.training, steps: 5 } }, grid: { seed: [1] } };
    const { file, out } = writeStudy(short);
    await runJson(['study', file, '--out', out, '--threads', '1']);
    const longer = writeStudy({
      ...short,
      grid: { seed: [0, 1] },
      base: { ...short.base, training: { ...short.base.training, steps: 6 } },
    });
    const other = await run(['study', longer.file, '--out', out]);
    expect(other.stderr).toContain('training.steps 5 found, 6 wanted');
    expect(existsSync(join(out, 'seed-0'))).toBe(false);
  });
});
