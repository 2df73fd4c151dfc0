// Runs with a curriculum: processes are killed in its stages, segments meet their ends, and the bits are those of the serial trainer.

import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import type { RunManifest } from '../../coordinator/store/index.js';
import { expandStudy, parseRunConfig, parseStudy } from '../../learning/index.js';
import { recordedSteps } from '../coordinator/run-files.js';
import { killAll, run, runJson, start } from './command.js';
import { serialDigest, temporaryFolder, writeConfiguration } from './configurations.js';
import { serve, untilStep } from './served-run.js';

afterEach(killAll);

const task = { name: 'function-class', contextLength: 8, inputDimension: 5, answers: 'every' };
const model = { name: 'gated-rnn', hidden: 12 };

/** Three stages whose ends are neither those of checkpoints nor of evaluations, and the task itself behind them. */
const stagesUntil = (steps: readonly [number, number, number]): readonly object[] => [
  ...[0, steps[0], steps[1]].map((fromStep, index) => {
    return { fromStep, task: { activeDimensions: 2 + index, contextLength: 3 + 2 * index } };
  }),
  { fromStep: steps[2] },
];

it('a worker and the coordinator are killed in a stage, and the run goes on over the next ends to the serial bits', async () => {
  const config = parseRunConfig({
    ...{ name: 'curriculum', seed: 3, task, model },
    training: {
      // It never comes to its end: how far it is when it is stopped depends on nothing.
      ...{ steps: 1_000_000, microbatches: 4, microbatchSize: 32, checkpointEvery: 40, digestEvery: 10 },
      curriculum: stagesUntil([130, 1290, 1370]),
    },
    evaluation: { sequences: 64, every: 100 },
  });
  const folder = temporaryFolder();
  const out = join(folder, 'run');
  const first = await serve(['coordinator', writeConfiguration(folder, config), '--port', '0', '--out', out]);
  const worker = (name: string) => start(['worker', first.address, '--threads', '1', '--name', name]);
  const doomed = worker('doomed');
  worker('steady');
  await untilStep(first.address, 20);
  doomed.process.kill('SIGKILL');
  worker('heir');
  // In the second stage, which is long.
  const killedAt = await untilStep(first.address, 330);
  first.command.process.kill('SIGKILL');
  await first.command.finished;
  expect(first.command.stderr()).toMatch(/step 0: stage 1 of 4\n(.*\n)*.*step 130: stage 2 of 4\n/);

  const resumed = start(['resume', out, '--threads', '0', '--json']);
  await untilStep(first.address, Math.max(1400, killedAt + 1));
  resumed.process.kill('SIGINT');
  const { stdout, stderr } = await resumed.finished;
  expect(stderr).toContain('Press Ctrl-C again');
  const { outcome, steps, parametersSha256 } = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
  expect(outcome).toBe('stopped');
  expect(parametersSha256).toBe(serialDigest(config, wasmBackend, Number(steps)));

  const manifest = JSON.parse(readFileSync(join(out, 'run.json'), 'utf8')) as RunManifest;
  const roles = ['train', 'evaluate', 'update', 'trainFrom130', 'trainFrom1290', 'trainFrom1370'];
  expect(Object.keys(manifest.programs)).toEqual(roles);
  const files = Object.values(manifest.programs).map((digest) => `${digest}.json`);
  expect(readdirSync(join(out, 'programs')).toSorted()).toEqual(files.toSorted());
  // The life that was killed may have recorded steps to which this one has not come again.
  const verifiedSteps = Math.max(Number(steps), recordedSteps(out).trajectory.at(-1) ?? 0);
  expect(await runJson(['verify', out])).toMatchObject({ verdict: 'confirmed', verifiedSteps, findings: [] });
  const some = await runJson(['verify', out, '--steps', '1..150']);
  expect(some).toMatchObject({ verdict: 'confirmed', verifiedSteps: 150 });
});

it('a study takes its steps in segments that end where stages do, and every run has the serial bits', async () => {
  const study = {
    name: 'staged',
    base: {
      ...{ task, model },
      training: { steps: 400, microbatches: 1, microbatchSize: 32, checkpointEvery: 150, digestEvery: 25 },
      evaluation: { sequences: 64 },
    },
    grid: { 'training.curriculum': [[], stagesUntil([70, 201, 333])], seed: [0, 1] },
  };
  const folder = temporaryFolder();
  const file = join(folder, 'study.yaml');
  writeFileSync(file, JSON.stringify(study));
  const out = join(folder, 'out');
  const result = await runJson(['study', file, '--out', out, '--threads', '2']);
  const runs = expandStudy(parseStudy(study));
  expect(runs.map(({ config }) => config.name)).toEqual(
    [0, 4].flatMap((count) => [0, 1].map((seed) => `staged/curriculum-${count}_seed-${seed}`)),
  );
  const rows = result['runs'] as readonly Record<string, unknown>[];
  expect(rows.map((row) => row['parametersSha256'])).toEqual(runs.map(({ config }) => serialDigest(config, wasmBackend)));
  expect(await runJson(['verify', join(out, 'curriculum-4_seed-1')])).toMatchObject({ verdict: 'confirmed' });
});

it('a stage that is none is refused with its place in the file', async () => {
  const folder = temporaryFolder();
  const file = join(folder, 'config.yaml');
  const write = (stage: string): void =>
    writeFileSync(
      file,
      `name: x\ntask: ${JSON.stringify(task)}\nmodel: ${JSON.stringify(model)}\ntraining:\n  curriculum:\n${stage}`,
    );
  write('    - fromStep: 0\n      task: { contextLength: 0 }\n');
  const outOfBounds = await run(['train', file]);
  expect([outOfBounds.exitCode, outOfBounds.stderr]).toEqual([
    2,
    expect.stringContaining(`${file}:7:30: training.curriculum.0.task.contextLength: 0 found, at least 1 wanted`),
  ]);
  write('    - { fromStep: 0, task: { inputDimension: 4 } }\n');
  const otherParameters = await run(['train', file]);
  expect([otherParameters.exitCode, otherParameters.stderr]).toEqual([
    2,
    expect.stringMatching(/parameter \S+ \[12, 6\] found, \S+ \[12, 7\] wanted \(in the curriculum's stage from step 0 on\)/),
  ]);
});
