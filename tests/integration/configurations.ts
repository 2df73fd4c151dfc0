// Small runs of four programs for the tests of equal bits.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHash } from 'node:crypto';
import { buildPlan, parseRunConfig, trainSerially, type RunConfig } from '../../learning/index.js';
import { digestParameters } from '../../learning/index.js';
import type { Backend } from '../../tensor/index.js';

const regression = { name: 'in-context-regression', inputDimension: 3, outputDimension: 3 } as const;

/** The four programs: what they are called and what a configuration says of them. */
export const programs = {
  'gated-rnn': { task: regression, model: { name: 'gated-rnn', hidden: 20 } },
  'linear-attention': { task: regression, model: { name: 'linear-attention' } },
  'softmax-attention': { task: { name: 'attention-teacher', dimension: 4, tokenCount: 9 }, model: { name: 'softmax-attention' } },
  lstm: { task: regression, model: { name: 'lstm', hidden: 12 } },
} as const;

/** One of the four programs. */
export type ProgramName = keyof typeof programs;

/** How long and in what portions. */
export interface Portions {
  readonly steps: number;
  readonly microbatches: number;
  readonly microbatchSize: number;
}

/** The configuration of a small run; it writes no checkpoint before its end unless told otherwise, and every step is shared by all. */
export function configurationOf(program: ProgramName, portions: Portions, more: Partial<RunConfig['training']> = {}): RunConfig {
  const evaluation = { sequences: 2 * portions.microbatchSize };
  const training = { ...portions, checkpointEvery: 1_000_000, ...more };
  const coordination = { segments: false };
  return parseRunConfig({ name: program, seed: 5, ...programs[program], training, evaluation, coordination });
}

/** A new folder for a test's files. */
export const temporaryFolder = (): string => mkdtempSync(join(tmpdir(), 'starling-'));

/** Writes a configuration to a folder; JSON is YAML. */
export function writeConfiguration(folder: string, config: RunConfig): string {
  const file = join(folder, 'config.yaml');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** The digest that every other way of training must end with, after all steps or after so many of them. */
export function serialDigest(config: RunConfig, backend: Backend, stepCount = config.training.steps): string {
  const plan = buildPlan(config);
  if (stepCount === 0) return digestParameters(plan.parameters.initial, sha256);
  for (const { state, parametersSha256 } of trainSerially(plan, backend, sha256)) {
    if (state.step === stepCount) return parametersSha256;
  }
  throw new RangeError(`Cannot train ${stepCount} steps: the run has ${config.training.steps}`);
}
