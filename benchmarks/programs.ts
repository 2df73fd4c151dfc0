// The programs of a workload, from the same models, tasks and optimizers as a run's.

import {
  bindModel,
  bindOptimizer,
  bindTask,
  buildTrainingProgram,
  buildUpdateProgram,
  createLearner,
  initializeParameters,
  modelSchema,
  optimizerSchema,
  taskSchema,
  type BoundModel,
  type BoundTask,
  type ParameterSpecification,
  type Sample,
} from '../learning/index.js';
import { countFlops, keyFromSeed, ProgramBuilder, type Floats, type Program, type Value } from '../tensor/index.js';
import type { Workload } from './workloads.js';

/** What a workload computes. */
export interface WorkloadPrograms {
  /** Draws data; loss and gradients. */
  readonly train: Program;
  /** Adam, with clipping. Inputs: parameters, gradient sums, loss weight, state, scalars. */
  readonly update: Program;
  /** Draws the same data and does nothing but sum it. */
  readonly data: Program;
  readonly initialParameters: Floats;
  /** Elements of Adam's state. */
  readonly stateLength: number;
}

/** Builds a workload's programs. */
export function programsOf(workload: Workload): WorkloadPrograms {
  const task = taskOf(workload);
  const learner = createLearner(task, modelOf(workload));
  const optimizer = bindOptimizer(optimizerSchema.parse({ name: 'adam' }));
  const { parameters } = learner;
  return {
    train: buildTrainingProgram(learner),
    update: buildUpdateProgram(parameters, { optimizer, clip: 1 }),
    data: dataProgramOf(task),
    initialParameters: initializeParameters(parameters, keyFromSeed(0)),
    stateLength: optimizer.stateNames.length * elementsOf(parameters),
  };
}

/**
 * Floating-point operations of loss and gradients for one sequence, drawing data left out: 2mnk for a matrix product and one for each
 * element of an element-wise operation, before any fusion.
 */
export function flopsPerSequence(workload: Workload): number {
  return countFlops(buildTrainingProgram(createLearner(givenTask(workload), modelOf(workload)))).perSequence;
}

const elementsOf = (parameters: readonly ParameterSpecification[]): number =>
  parameters.reduce((sum, { rows, columns }) => sum + rows * columns, 0);

function modelOf(workload: Workload): BoundModel {
  const { model: name } = workload;
  if (workload.type === 'attention') return bindModel(modelSchema.parse({ name, valueDimension: workload.inputDimension }));
  return bindModel(modelSchema.parse({ name, hidden: workload.hidden, layers: workload.layers }));
}

/** In-context regression where it has the workload's sizes; otherwise tokens and targets uniform between −1 and 1. */
function taskOf(workload: Workload): BoundTask {
  return workload.name === 'W1-last' ? bindTask(taskSchema.parse({ name: 'in-context-regression' })) : uniformTask(workload);
}

const targetRows = ({ positions, tokenCount }: Workload): number => (positions === 'all' ? tokenCount : 1);

function uniformTask(workload: Workload): BoundTask {
  return taskWith(workload, (builder, rows, columns) => builder.subtract(builder.multiply(builder.uniform(rows, columns), 2), 1));
}

/** A task whose data comes from outside and counts as no operation; it is there to count, not to run. */
function givenTask(workload: Workload): BoundTask {
  const given = (builder: ProgramBuilder, rows: number, columns: number): Value =>
    builder.expand(builder.input(`given ${columns}`, rows, columns), rows, columns);
  return taskWith(workload, given);
}

function taskWith(workload: Workload, draw: (builder: ProgramBuilder, rows: number, columns: number) => Value): BoundTask {
  const { inputDimension, outputDimension, tokenCount, positions } = workload;
  return {
    shape: { inputDimension, outputDimension, tokenCount, positions },
    optimum: null,
    sample: (builder): Sample => ({
      tokens: draw(builder, tokenCount, inputDimension),
      target: draw(builder, targetRows(workload), outputDimension),
    }),
  };
}

function dataProgramOf(task: BoundTask): Program {
  const builder = new ProgramBuilder();
  const { tokens, target } = task.sample(builder, 'train');
  builder.output('tokens', builder.batchSum(tokens));
  builder.output('target', builder.batchSum(target));
  return builder.build();
}
