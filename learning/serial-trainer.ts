// The serial trainer: a whole run on one thread, without network, leases or workers. It is the oracle: a distributed run of the same
// configuration ends with the same bits.

import { sumTree, type Backend, type Executable, type Floats, type Key } from '../tensor/index.js';
import type { EvaluationSummary } from './evaluation.js';
import type { TrainingPlan } from './plan.js';
import { stageAt, type Stage } from './stages.js';
import { compileUpdate, initialState, type TrainingUpdate } from './update.js';

/** SHA-256 of bytes, as 64 hexadecimal digits. */
export type Digest = (bytes: Uint8Array) => string;

/** One committed step. */
export interface SerialStep extends TrainingUpdate {
  /** Of the parameters after the step. */
  readonly parametersSha256: string;
}

/** SHA-256 of the flat parameter vector, f32 little-endian. */
export function digestParameters(parameters: Float32Array, sha256: Digest): string {
  return sha256(new Uint8Array(parameters.buffer, parameters.byteOffset, parameters.byteLength));
}

interface Reduction {
  readonly key: Key;
  readonly microbatchSize: number;
  readonly microbatchCount: number;
}

/** The root's sums of a reduction over microbatches, for the parameters that the executable has loaded. */
export function reduceSerially(executable: Executable, { key, microbatchSize, microbatchCount }: Reduction): Floats {
  return sumTree({ begin: 0, end: microbatchCount }, (index) => {
    const sums = new Float32Array(executable.outputLength);
    executable.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, sums);
    return sums;
  });
}

/** Trains step by step; every step is yielded as it is committed. */
export function* trainSerially(plan: TrainingPlan, backend: Backend, sha256: Digest): Generator<SerialStep, void> {
  const update = compileUpdate(plan, backend);
  const { microbatchSize, microbatchCount } = plan;
  let state = initialState(plan);
  let stage: Stage = stageAt(plan, 0);
  let executable = backend.compile(stage.trainProgram);
  while (state.step < plan.stepCount) {
    if (state.step === stage.endStep) {
      stage = stageAt(plan, state.step);
      executable = backend.compile(stage.trainProgram);
    }
    executable.load(state.parameters);
    const sums = reduceSerially(executable, { key: plan.keyFor('train', state.step), microbatchSize, microbatchCount });
    const updated = update(state, sums);
    state = updated.state;
    yield { ...updated, parametersSha256: digestParameters(state.parameters, sha256) };
  }
}

/** The results of given parameters on the held-out sequences. */
export function evaluateSerially(plan: TrainingPlan, backend: Backend, parameters: Float32Array): EvaluationSummary {
  const executable = backend.compile(plan.evaluationProgram);
  executable.load(parameters);
  const { microbatchSize, evaluation } = plan;
  return plan.summarize(
    reduceSerially(executable, { key: plan.keyFor('test', 0), microbatchSize, microbatchCount: evaluation.microbatchCount }),
  );
}
