// Parts of a long run, computed again by one thread: from the beginning, from every checkpoint that was kept, up to the last step.

import { createHash } from 'node:crypto';
import { wasmBackend } from '../../backends/index.js';
import { listCheckpoints, nodeDisk, readCheckpoint, readManifest } from '../../coordinator/store/index.js';
import {
  buildPlan,
  compileUpdate,
  digestParameters,
  initialState,
  reduceSerially,
  type TrainingState,
} from '../../learning/index.js';
import { linesOf } from '../coordinator/run-files.js';

/** What was compared. */
export interface Recomputation {
  /** Where the parts begin. */
  readonly beginnings: readonly number[];
  readonly stepCount: number;
  /** Steps whose parameters were recorded otherwise. */
  readonly differences: readonly number[];
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Computes again up to so many steps from each beginning, and all of them from the last three. */
export async function recompute(run: string, stepsPerPart: number): Promise<Recomputation> {
  const manifest = await readManifest(nodeDisk, run);
  const plan = buildPlan(manifest.configuration);
  const recorded = new Map(linesOf(run, 'trajectory.jsonl').map(({ step, parametersSha256 }) => [step, parametersSha256]));
  const executable = wasmBackend.compile(plan.trainProgram);
  const update = compileUpdate(plan, wasmBackend);
  const { microbatchSize, microbatchCount } = plan;
  const next = (state: TrainingState): TrainingState => {
    executable.load(state.parameters);
    const reduction = { key: plan.keyFor('train', state.step), microbatchSize, microbatchCount };
    return update(state, reduceSerially(executable, reduction)).state;
  };
  const context = { runId: manifest.run, plan, programs: manifest.programs };
  const [last = 0, ...earlier] = await listCheckpoints(nodeDisk, run);
  const differences: number[] = [];
  let stepCount = 0;
  const beginnings = [0, ...earlier.filter((step) => step > 0).toReversed()];
  for (const [index, beginning] of beginnings.entries()) {
    const isNearEnd = index >= beginnings.length - 3;
    const end = Math.min(last, isNearEnd && beginning > 0 ? last : beginning + stepsPerPart);
    let state = beginning === 0 ? initialState(plan) : await readCheckpoint(nodeDisk, run, { step: beginning, context });
    while (state.step < end) {
      state = next(state);
      stepCount += 1;
      if (digestParameters(state.parameters, sha256) !== recorded.get(state.step)) differences.push(state.step);
    }
  }
  return { beginnings, stepCount, differences };
}
