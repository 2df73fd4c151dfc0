// The program of training: one sequence is drawn, predicted and compared; out come the sums of gradients, loss and loss weight.
// Inputs: the parameters.   Outputs: gradient/<parameter> …, loss, lossWeight.

import { ProgramBuilder, type Program, type Value } from '../tensor/index.js';
import { crossEntropy, halfSquaredError } from './losses.js';
import type { BoundModel } from './models/index.js';
import type { ParameterSpecification } from './parameters.js';
import { targetCount, type BoundTask, type Purpose, type Sample } from './tasks/index.js';

/** A task, a model and the parameters that the model has there. */
export interface Learner {
  readonly task: BoundTask;
  readonly model: BoundModel;
  readonly parameters: readonly ParameterSpecification[];
}

/** A task and a model, with the model's parameters. */
export function createLearner(task: BoundTask, model: BoundModel): Learner {
  return { task, model, parameters: model.parameters(task.shape) };
}

/** What a program works out for one sequence. */
export interface Trial {
  readonly inputs: readonly Value[];
  readonly sample: Sample;
  readonly prediction: Value;
  /** Half the squared error, or the cross-entropy, summed over targets: [1, 1]. */
  readonly loss: Value;
}

/** Adds inputs, sample, prediction and loss to a program. */
export function buildTrial(builder: ProgramBuilder, { task, model, parameters }: Learner, purpose: Purpose): Trial {
  const inputs = parameters.map(({ name, rows, columns }) => builder.input(name, rows, columns));
  const byName = new Map(parameters.map(({ name }, index) => [name, inputs[index]!]));
  const sample = task.sample(builder, purpose);
  const prediction = model.apply({
    builder,
    parameter: (name) => {
      const value = byName.get(name);
      if (value === undefined) throw new RangeError(`Cannot apply model: parameter "${name}" found, one of its own wanted`);
      return value;
    },
    tokens: sample.tokens,
    positions: task.shape.positions,
    outputDimension: task.shape.outputDimension,
  });
  return { inputs, sample, prediction, loss: lossOf(builder, prediction, sample) };
}

/** The loss of a prediction of one sequence: [1, 1]. */
export function lossOf(builder: ProgramBuilder, prediction: Value, { target, weights }: Sample): Value {
  if (weights === undefined) return halfSquaredError(builder, prediction, target);
  return crossEntropy(builder, prediction, { target, weights });
}

/** Adds the outputs `loss` and `lossWeight`: their quotient is half the mean squared error per output, or the mean cross-entropy. */
export function outputLoss(builder: ProgramBuilder, task: BoundTask, loss: Value): void {
  builder.output('loss', builder.batchSum(loss));
  builder.output('lossWeight', builder.batchSum(builder.expand(targetCount(task.shape), 1, 1)));
}

/** The gradient program of a learner. */
export function buildTrainingProgram(learner: Learner): Program {
  const builder = new ProgramBuilder();
  const { inputs, loss } = buildTrial(builder, learner, 'train');
  const gradients = builder.gradients(loss, inputs);
  learner.parameters.forEach(({ name }, index) => {
    builder.output(`gradient/${name}`, gradients[index]!);
  });
  outputLoss(builder, learner.task, loss);
  return builder.build();
}
