// A run that was interrupted: what a crash leaves of it, and what becomes of it when it is continued.

import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { startCoordinator, type CoordinatorOptions, type RunResult } from '../../coordinator/shell/index.js';
import { trainSerially } from '../../learning/index.js';
import { interpreter } from '../../tensor/index.js';
import { checkpointFile, linesOf, recordedSteps, stepsFrom } from './run-files.js';
import { startScriptedWorker } from './scripted-worker.js';
import { smallConfig, smallRun } from './small-run.js';
import { sha256 } from './toy-run.js';

/** Steps of the whole run, and those that were committed when it was interrupted. */
export const stepCount = 12;
export const committedSteps = 7;
/** The steps of the checkpoints that a crash leaves. */
export const checkpointSteps = [4, 6];

/** A run of twelve steps that is stopped in step 7, in good order. */
export async function stoppedRun(overrides: Partial<CoordinatorOptions> = {}): Promise<CoordinatorOptions> {
  const config = smallConfig({ steps: stepCount, keepCheckpoints: 3 });
  const options = await smallRun({ config, ...overrides });
  const coordinator = await startCoordinator(options);
  let stop: () => void = () => {};
  const reached = new Promise<void>((resolve) => (stop = resolve));
  await startScriptedWorker(coordinator.address, 'first', {
    answer: (lease, honest) => {
      if (lease.kind !== 'train' || lease.step < committedSteps) return honest();
      stop();
      return undefined;
    },
  });
  await reached;
  await coordinator.stop(0);
  return options;
}

/** The same run as a crash would leave it: the last checkpoint is that of step 6, and the logs have gone on. */
export async function crashedRun(overrides: Partial<CoordinatorOptions> = {}): Promise<CoordinatorOptions> {
  const options = await stoppedRun(overrides);
  rmSync(join(options.folder, 'result.json'));
  rmSync(checkpointFile(options.folder, committedSteps));
  return options;
}

/** A run that was continued to its end, and what was said. */
export interface ContinuedRun {
  readonly result: RunResult;
  readonly warnings: readonly string[];
}

/** Continues a run with a new worker. */
export async function continueRun(options: CoordinatorOptions): Promise<ContinuedRun> {
  const warnings: string[] = [];
  const { run } = JSON.parse(readFileSync(join(options.folder, 'run.json'), 'utf8')) as { readonly run: string };
  const coordinator = await startCoordinator({
    ...options,
    resume: { run },
    onLog: ({ level, text }) => {
      if (level === 'warning') warnings.push(text);
    },
  });
  await startScriptedWorker(coordinator.address, 'second');
  return { result: await coordinator.done, warnings };
}

/** Checks that a run has ended with the serial trainer's bits, and that its logs have every step once. */
export function expectUndisturbed(options: CoordinatorOptions, result: RunResult): void {
  const serial = [...trainSerially(options.plan, interpreter, sha256)];
  expect(result).toMatchObject({ outcome: 'completed', steps: stepCount });
  const digests = serial.map(({ parametersSha256 }) => parametersSha256);
  expect(result.parametersSha256).toBe(digests.at(-1));
  const trajectory = linesOf(options.folder, 'trajectory.jsonl').slice(1);
  expect(trajectory.map(({ parametersSha256 }) => parametersSha256)).toEqual(digests);
  const [fromFirst, fromInitial] = [stepsFrom(1, stepCount), stepsFrom(0, stepCount)];
  const recorded = { contributions: fromFirst, trajectory: fromInitial, metrics: fromFirst };
  expect(recordedSteps(options.folder)).toEqual(recorded);
  expect(result.evaluations.map(({ step }) => step)).toEqual([0, 3, 6, 9, 12]);
}
