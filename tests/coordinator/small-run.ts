// A run small enough for the interpreter, in a folder of its own.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CoordinatorOptions } from '../../coordinator/shell/index.js';
import { buildPlan, parseRunConfig, type RunConfig } from '../../learning/index.js';
import { interpreter } from '../../tensor/index.js';
import { proof } from './toy-run.js';

export async function newFolder(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'starling-coordinator-')), 'run');
}

export function smallConfig(training: Record<string, unknown> = {}, evaluation: Record<string, unknown> = {}): RunConfig {
  return parseRunConfig({
    name: 'small/run',
    seed: 7,
    task: { name: 'in-context-regression', contextLength: 3, inputDimension: 2, outputDimension: 1 },
    model: { name: 'linear-attention' },
    optimizer: { name: 'adamw', learningRate: 0.01 },
    training: { steps: 6, microbatchSize: 8, microbatches: 5, checkpointEvery: 2, keepCheckpoints: 2, ...training },
    evaluation: { sequences: 24, every: 3, ...evaluation },
  });
}

export async function smallRun(overrides: Partial<CoordinatorOptions> = {}): Promise<CoordinatorOptions> {
  const config = overrides.config ?? smallConfig();
  const plan = buildPlan(config);
  const folder = overrides.folder ?? (await newFolder());
  return { config, plan, backend: interpreter, proof, software: 'test 0', ...overrides, folder };
}
