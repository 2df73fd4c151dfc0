// Checkpoints as safetensors: the parameters, the optimizer's state, and in the metadata everything else that is needed to go on.

import { createHash } from 'node:crypto';
import type { TrainingPlan } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { inputLayout, type TensorPlace } from '../../tensor/index.js';
import { RunError, type Checkpoint } from '../index.js';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.js';

/** What a checkpoint says about its run. */
export interface CheckpointContext {
  readonly runId: string;
  readonly plan: TrainingPlan;
  /** Digests of the programs, by role. */
  readonly programs: Readonly<Record<string, string>>;
}

const pattern = /^step-(\d+)\.safetensors$/;

/** The name of a step's checkpoint. */
export const checkpointName = (step: number): string => `step-${step}.safetensors`;

/** The step that a checkpoint's name tells; undefined for other names. */
export function stepOfCheckpoint(name: string): number | undefined {
  const step = pattern.exec(name)?.[1];
  return step === undefined ? undefined : Number(step);
}

/** A checkpoint's bytes: tensors `parameter/<name>` and `state/<name>`. */
export function encodeCheckpoint(checkpoint: Checkpoint, context: CheckpointContext): Uint8Array {
  const { parameters, optimizerState } = checkpoint;
  const { inputs, state } = layoutOf(context.plan);
  const tensors = [
    ...inputs.map((place) => storedTensor(`parameter/${place.name}`, place, parameters)),
    ...state.map((place) => storedTensor(place.name, place, optimizerState)),
  ];
  return encodeSafetensors({ metadata: metadataOf(checkpoint, context), tensors });
}

/** Reads a checkpoint. Throws RunError with code `checkpoint-malformed` where it is not a whole one of this run and step. */
export function decodeCheckpoint(bytes: Uint8Array, step: number, context: CheckpointContext): Checkpoint {
  const { metadata, tensors } = decodeSafetensors(bytes);
  const { inputs, state } = layoutOf(context.plan);
  const names = [...inputs.map(({ name }) => `parameter/${name}`), ...state.map(({ name }) => name)];
  const found = tensors.map(({ name }) => name);
  if (found.join() !== names.join()) throw malformed(step, `tensors ${found.join(', ')} found, ${names.join(', ')} wanted`);
  const checkpoint = {
    step,
    parameters: joined(tensors.slice(0, inputs.length)),
    optimizerState: joined(tensors.slice(inputs.length)),
    parametersSha256: metadata['parametersSha256'] ?? '',
    trainLoss: readLoss(metadata['trainLoss']),
    chain: metadata['trajectoryChain'] ?? '',
  };
  // Everything that can be computed again is compared, the digests of the numbers included.
  for (const [field, wanted] of Object.entries(metadataOf(checkpoint, context))) {
    const value = metadata[field];
    if (value !== wanted) throw malformed(step, `${field} ${shorten(value ?? 'missing')} found, ${shorten(wanted)} wanted`);
  }
  return checkpoint;
}

/** What a checkpoint's metadata must be for its content. */
function metadataOf(checkpoint: Checkpoint, { runId, plan, programs }: CheckpointContext): Record<string, string> {
  const { step, parameters, optimizerState, trainLoss, chain } = checkpoint;
  const [parametersSha256, stateSha256] = [parameters, optimizerState].map((numbers) => digestOf(bytesOfFloats(numbers)));
  return {
    ...{ format: 'starling-checkpoint', version: '2', run: runId, step: String(step), seed: String(plan.seed) },
    ...{ parametersSha256: parametersSha256 ?? '', stateSha256: stateSha256 ?? '' },
    ...{ trainLoss: JSON.stringify(trainLoss), trajectoryChain: chain },
    ...Object.fromEntries(Object.entries(programs).map(([role, sha256]) => [`${role}ProgramSha256`, sha256])),
  };
}

interface Layout {
  readonly inputs: readonly TensorPlace[];
  /** Offsets within the optimizer's state. */
  readonly state: readonly TensorPlace[];
}

function layoutOf(plan: TrainingPlan): Layout {
  const state = inputLayout(plan.updateProgram).filter(({ name }) => name.startsWith('state/'));
  const begin = state[0]?.offset ?? 0;
  return {
    inputs: inputLayout(plan.trainProgram),
    state: state.map((place) => ({ ...place, offset: place.offset - begin })),
  };
}

function storedTensor(name: string, { rows, columns, offset, length }: TensorPlace, numbers: Float32Array): StoredTensor {
  return { name, shape: [rows, columns], values: numbers.subarray(offset, offset + length) };
}

function joined(tensors: readonly StoredTensor[]): Float32Array<ArrayBuffer> {
  const numbers = new Float32Array(tensors.reduce((sum, { values }) => sum + values.length, 0));
  let offset = 0;
  for (const { values } of tensors) {
    numbers.set(values, offset);
    offset += values.length;
  }
  return numbers;
}

function readLoss(text: string | undefined): number | null {
  const loss = Number(text ?? 'null');
  return Number.isFinite(loss) ? loss : null;
}

const shorten = (text: string): string => (text.length > 20 ? `${text.slice(0, 12)}…` : text);
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function malformed(step: number, found: string): RunError {
  return new RunError('checkpoint-malformed', `Cannot read checkpoint of step ${step}: ${found}`);
}
