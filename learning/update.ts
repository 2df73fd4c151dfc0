// The update of a step: parameters and optimizer state of the next step from those of this one and the root's sums.

import { noSequences, outputLayout, type Backend, type Floats } from '../tensor/index.js';
import type { TrainingPlan } from './plan.js';

/** What a run is made of between two steps. */
export interface TrainingState {
  /** Steps committed so far. */
  readonly step: number;
  readonly parameters: Floats;
  readonly optimizerState: Floats;
}

/** The state after an update, and what the update measured. */
export interface TrainingUpdate {
  readonly state: TrainingState;
  /** Half the squared error per output, before the update. */
  readonly loss: number;
  readonly learningRate: number;
  /** Metrics of the update program by name: gradientNorm. */
  readonly metrics: ReadonlyMap<string, number>;
}

/** The state before step 0. */
export function initialState(plan: TrainingPlan): TrainingState {
  return { step: 0, parameters: plan.parameters.initial, optimizerState: new Float32Array(plan.stateLength) };
}

/** Compiles the update program into a function of state and root sums. The new state shares no memory with the old. */
export function compileUpdate(
  plan: TrainingPlan,
  backend: Backend,
): (state: TrainingState, sums: Float32Array) => TrainingUpdate {
  const executable = backend.compile(plan.updateProgram);
  const places = outputLayout(plan.updateProgram).filter(({ name }) => name.startsWith('metric/'));
  const length = plan.parameters.initial.length;
  // Kept from step to step: large arrays made anew in every step would keep the garbage collector busy.
  const outputs = new Float32Array(executable.outputLength);
  return ({ step, parameters, optimizerState }, sums) => {
    const [loss, lossWeight] = [sums[length]!, sums[length + 1]!];
    const scalars = plan.updateScalars(step);
    executable.load(parameters, sums.subarray(0, length), Float32Array.of(lossWeight), optimizerState, scalars);
    executable.run(noSequences, outputs);
    const stateEnd = length + plan.stateLength;
    return {
      state: { step: step + 1, parameters: outputs.slice(0, length), optimizerState: outputs.slice(length, stateEnd) },
      loss: loss / lossWeight,
      learningRate: scalars[0]!,
      metrics: new Map(places.map(({ name, offset }) => [name.slice('metric/'.length), outputs[offset]!])),
    };
  };
}
