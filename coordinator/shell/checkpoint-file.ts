// Checkpoints as safetensors: the parameters, the optimizer's state, and in the metadata everything else that is needed to go on.

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingPlan } from '../../learning/index.js';
import { inputLayout, type TensorPlace } from '../../tensor/index.js';
import type { Checkpoint } from '../index.js';
import { replaceFile } from './durable-files.js';
import { encodeSafetensors, type StoredTensor } from './safetensors.js';

/** What a checkpoint says about its run. */
export interface CheckpointContext {
  readonly runId: string;
  readonly plan: TrainingPlan;
  /** Digests of the programs, by role. */
  readonly programs: Readonly<Record<string, string>>;
}

const pattern = /^step-(\d+)\.safetensors$/;

/** A checkpoint's bytes: tensors `parameter/<name>` and `state/<name>`. */
export function encodeCheckpoint(checkpoint: Checkpoint, { runId, plan, programs }: CheckpointContext): Uint8Array {
  const { step, parametersSha256, chain, parameters, optimizerState } = checkpoint;
  const inputs = inputLayout(plan.trainProgram);
  const state = inputLayout(plan.updateProgram).filter(({ name }) => name.startsWith('state/'));
  const stateBegin = state[0]?.offset ?? 0;
  const metadata = {
    ...{ format: 'starling-checkpoint', version: '1', run: runId, step: String(step) },
    ...{ parametersSha256, trajectoryChain: chain, seed: String(plan.seed) },
    ...Object.fromEntries(Object.entries(programs).map(([role, sha256]) => [`${role}ProgramSha256`, sha256])),
  };
  const tensors = [
    ...inputs.map((place) => storedTensor(`parameter/${place.name}`, place, parameters.subarray(place.offset))),
    ...state.map((place) => storedTensor(place.name, place, optimizerState.subarray(place.offset - stateBegin))),
  ];
  return encodeSafetensors({ metadata, tensors });
}

/** Writes a checkpoint and removes all but the newest `keepCount`. */
export async function writeCheckpoint(folder: string, step: number, bytes: Uint8Array, keepCount: number): Promise<void> {
  await replaceFile(join(folder, `step-${step}.safetensors`), bytes);
  const steps = (await readdir(folder)).flatMap((name) => pattern.exec(name)?.[1] ?? []).map(Number);
  const outdated = steps.toSorted((a, b) => b - a).slice(Math.max(1, keepCount));
  for (const old of outdated) await rm(join(folder, `step-${old}.safetensors`), { force: true });
}

function storedTensor(name: string, { rows, columns, length }: TensorPlace, values: Float32Array): StoredTensor {
  return { name, shape: [rows, columns], values: values.subarray(0, length) };
}
