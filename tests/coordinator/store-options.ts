// What a store is made of in tests, and checkpoints of a small run.

import type { Checkpoint } from '../../coordinator/index.js';
import { newManifest, nodeDisk, type RunStoreOptions } from '../../coordinator/store/index.js';
import { buildPlan, initialState } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { newFolder, smallConfig } from './small-run.js';
import { sha256 } from './toy-run.js';

export const plan = buildPlan(smallConfig());

export async function storeOptions(overrides: Partial<RunStoreOptions> = {}): Promise<RunStoreOptions> {
  return {
    disk: nodeDisk,
    folder: await newFolder(),
    context: { runId: 'a-run', plan, programs: { train: '1'.repeat(64) } },
    retention: { newest: 2, every: null },
    keepContributions: true,
    isExact: true,
    now: () => new Date(0),
    onError: (error) => {
      throw error;
    },
    ...overrides,
  };
}

const digests = { train: '1'.repeat(64), evaluate: '2'.repeat(64), update: '3'.repeat(64) };
const about = { run: 'a-run', software: 'test 0', createdAt: '2026-01-01T00:00:00.000Z' };
export const newRun = {
  manifest: newManifest({ ...about, programs: digests, configuration: smallConfig() }),
  programs: new Map([['1'.repeat(64), Buffer.from('{}')]]),
};

export function checkpointAt(step: number): Checkpoint {
  const state = initialState(plan);
  const parameters = state.parameters.map((value) => value + step);
  return {
    ...state,
    step,
    parameters,
    parametersSha256: sha256(bytesOfFloats(parameters)),
    trainLoss: 0.5,
    chain: 'e'.repeat(64),
  };
}
