// Runs a plan's update program for some steps with given gradients.

import {
  bindOptimizer,
  buildUpdateProgram,
  flatLength,
  learningRateAt,
  optimizerSchema,
  stateSpecifications,
  type ParameterSpecification,
} from '../../../learning/index.js';
import { interpreter, noSequences, type Floats } from '../../../tensor/index.js';

export interface UpdateRun {
  readonly optimizer: object;
  readonly clip: number | null;
  readonly parameters: readonly ParameterSpecification[];
  readonly initial: readonly number[];
  readonly lossWeight: number;
  readonly stepCount: number;
  /** Gradient sums of a step, before division by the loss weight. */
  readonly gradient: (step: number) => readonly number[];
}

export interface UpdateTrace {
  readonly parameters: readonly number[];
  readonly gradientNorm: number;
}

/** Parameters and gradient norm after every step. */
export function runUpdates(run: UpdateRun): readonly UpdateTrace[] {
  const options = optimizerSchema.parse(run.optimizer);
  const optimizer = bindOptimizer(options);
  const executable = interpreter.compile(buildUpdateProgram(run.parameters, { optimizer, clip: run.clip }));
  const length = run.initial.length;
  const stateLength = flatLength(stateSpecifications(run.parameters, optimizer));
  let parameters: Floats = Float32Array.from(run.initial);
  let state: Floats = new Float32Array(stateLength);
  return Array.from({ length: run.stepCount }, (_, step) => {
    const scalars = [learningRateAt(options, step, run.stepCount), ...optimizer.scalars(step)];
    const outputs = new Float32Array(executable.outputLength);
    executable.load(Float32Array.from([...parameters, ...run.gradient(step), run.lossWeight, ...state, ...scalars]));
    executable.run(noSequences, outputs);
    parameters = outputs.slice(0, length);
    state = outputs.slice(length, length + stateLength);
    return { parameters: Array.from(parameters), gradientNorm: outputs[length + stateLength]! };
  });
}
