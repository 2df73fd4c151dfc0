// Segments on this thread, with nothing else at work: what a study's compute threads do, and nothing besides.

import { createHash } from 'node:crypto';
import { wasmBackend } from '../backends/index.js';
import type { TrainingPlan } from '../learning/index.js';
import type { Executable, Floats } from '../tensor/index.js';
import { computeSegment } from '../worker/index.js';

/** A plan's programs, and segments by them. */
export interface Segments {
  readonly train: Executable;
  readonly update: Executable;
  /** Parameters and optimizer state before step 0. */
  readonly initialState: Floats;
  /** Steps from a state on: the state after them. Throws where a step cannot be taken. */
  readonly compute: (state: Floats, first: number, stepCount: number) => Floats;
}

/** Compiles a plan of one microbatch for each step. */
export function segmentsOf(plan: TrainingPlan, digestEvery: number): Segments {
  const [train, update] = [wasmBackend.compile(plan.trainProgram), wasmBackend.compile(plan.updateProgram)];
  const key = plan.streamKeyFor('train');
  const { microbatchSize } = plan;
  const compute = (state: Floats, first: number, stepCount: number): Floats => {
    const scalars = Array.from({ length: stepCount }, (_, step) => [...plan.updateScalars(first + step)]);
    const request = new Float32Array(state.length + scalars.flat().length);
    request.set(state);
    request.set(scalars.flat(), state.length);
    const steps = { step: first, stepCount, key, microbatchCount: 1, microbatchSize };
    const records = { scalarCount: scalars[0]?.length ?? 0, digestEvery, digestsSums: false };
    const result = computeSegment({ ...steps, ...records }, { train, update, request, sha256, isCancelled: () => false });
    if (typeof result === 'string') throw new Error(`Cannot measure segments: ${result} found, a state wanted`);
    return result.slice(0, state.length);
  };
  const initialState = Float32Array.from([...plan.parameters.initial, ...new Float32Array(plan.stateLength)]);
  return { train, update, initialState, compute };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
