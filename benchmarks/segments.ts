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
  /** A state and the scalars of so many steps from it on, as they travel to a worker. */
  readonly requestOf: (state: Floats, steps: Steps) => Floats;
  /** The steps of a request: the state after them. Throws where a step cannot be taken. */
  readonly compute: (request: Floats, steps: Steps) => Floats;
}

/** Consecutive steps of a run. */
export interface Steps {
  readonly first: number;
  readonly count: number;
}

/** Compiles a plan of one microbatch for each step. */
export function segmentsOf(plan: TrainingPlan, digestEvery: number): Segments {
  const [train, update] = [wasmBackend.compile(plan.trainProgram), wasmBackend.compile(plan.updateProgram)];
  const initialState = Float32Array.from([...plan.parameters.initial, ...new Float32Array(plan.stateLength)]);
  const scalarCount = plan.updateScalars(0).length;
  const { microbatchSize } = plan;
  const common = { key: plan.streamKeyFor('train'), microbatchCount: 1, microbatchSize, scalarCount, digestEvery };
  const requestOf = (state: Floats, { first, count }: Steps): Floats => {
    const request = new Float32Array(state.length + count * scalarCount);
    request.set(state);
    for (let step = 0; step < count; step++) request.set(plan.updateScalars(first + step), state.length + step * scalarCount);
    return request;
  };
  const compute = (request: Floats, { first, count }: Steps): Floats => {
    const steps = { ...common, step: first, stepCount: count, digestsSums: false };
    const result = computeSegment(steps, { train, update, request, sha256, isCancelled: () => false });
    if (typeof result === 'string') throw new Error(`Cannot measure segments: ${result} found, a state wanted`);
    return result.subarray(0, initialState.length);
  };
  return { train, update, initialState, requestOf, compute };
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
