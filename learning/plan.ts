// The plan of a run: everything that follows from its configuration before anything is computed.

import { defaultLimits, enforceLimits, type Floats, type Key, type Program } from '../tensor/index.js';
import type { RunConfig } from './configuration.js';
import { buildEvaluationProgram, summarizer, type EvaluationSummary } from './evaluation.js';
import { initializeParameters } from './initialization.js';
import { streamKey, streamRoot } from './keys.js';
import { bindOptimizer } from './optimizers/index.js';
import { flatLength } from './parameters.js';
import type { PluginIdentity } from './plugin.js';
import { builtInRegistry, modelOf, pluginsOf, taskOf, type Registry } from './registry.js';
import { learningRateAt } from './schedules.js';
import { buildStages, stageAt, type Stage } from './stages.js';
import { createLearner, type Learner } from './training-program.js';
import { buildUpdateProgram, stateSpecifications } from './update-program.js';

/** What a run computes: programs, initial parameters, sizes, and the numbers of every step. */
export interface TrainingPlan {
  readonly name: string;
  readonly seed: number;
  /** The plugins that model and task come from. */
  readonly plugins: readonly PluginIdentity[];
  /** Of step 0. Inputs: parameters. Outputs: gradients in the order of the parameters, loss, lossWeight. */
  readonly trainProgram: Program;
  /** In order; of a run without a curriculum one. Their programs have the same inputs and outputs. */
  readonly stages: readonly Stage[];
  /** Inputs: parameters. Outputs: loss, lossWeight, metrics. */
  readonly evaluationProgram: Program;
  /** Inputs: parameters, gradient sums, lossWeight, state, scalars. Outputs: parameters, state, metrics. */
  readonly updateProgram: Program;
  readonly parameters: {
    readonly names: readonly string[];
    readonly shapes: readonly (readonly [rows: number, columns: number])[];
    readonly initial: Floats;
  };
  /** Elements of the optimizer's state, zero at the beginning. */
  readonly stateLength: number;
  readonly stepCount: number;
  readonly microbatchSize: number;
  /** Leaves of a step's reduction tree. */
  readonly microbatchCount: number;
  readonly evaluation: { readonly every: number | null; readonly microbatchCount: number; readonly stream: 'test' };
  readonly outputNames: {
    readonly train: readonly string[];
    readonly evaluation: readonly string[];
    readonly update: readonly string[];
  };
  /** The update program's scalars at a step, the learning rate first. */
  updateScalars(step: number): Floats;
  /** The first of them. */
  learningRateAt(step: number): number;
  keyFor(stream: 'train' | 'test', step: number): Key;
  /** The key that the keys of a stream's steps are folded from. */
  streamKeyFor(stream: 'train' | 'test'): Key;
  /** The results in the root sums of an evaluation. */
  summarize(outputs: Float32Array): EvaluationSummary;
}

/**
 * The plan of a configuration that was read with a registry's schema. The same configuration gives the same plan, to the last bit. Throws
 * ConfigurationError where task, model and curriculum do not fit each other.
 */
export function buildPlan(config: RunConfig, registry: Registry = builtInRegistry): TrainingPlan {
  return planOf(config, registry, blueprintOf(config, registry));
}

/** Kinds of runs whose programs a planner keeps. */
const keptKinds = 16;

/** buildPlan for many configurations: those that differ in name and seed alone share their programs, which are therefore built and compiled once. */
export function createPlanner(registry: Registry): (config: RunConfig) => TrainingPlan {
  const blueprints = new Map<string, Blueprint>();
  return (config) => {
    const kind = JSON.stringify({ ...config, name: '', seed: 0 });
    const blueprint = blueprints.get(kind) ?? blueprintOf(config, registry);
    // The kinds of the newest plans stay.
    blueprints.delete(kind);
    blueprints.set(kind, blueprint);
    for (const oldest of [...blueprints.keys()].slice(0, -keptKinds)) blueprints.delete(oldest);
    return planOf(config, registry, blueprint);
  };
}

/** What a plan has whatever the run's name and seed. */
interface Blueprint extends Pick<TrainingPlan, 'trainProgram' | 'stages' | 'evaluationProgram' | 'updateProgram'> {
  readonly learner: Learner;
}

function blueprintOf(config: RunConfig, registry: Registry): Blueprint {
  const learner = createLearner(taskOf(registry, config.task), modelOf(registry, config.model));
  const stages = buildStages(config, registry, learner);
  const { trainProgram } = stageAt({ stages }, 0);
  for (const stage of stages) enforceLimits(stage.trainProgram, defaultLimits);
  return { learner, stages, trainProgram, ...buildPrograms(config, learner) };
}

function planOf(config: RunConfig, registry: Registry, { learner, ...programs }: Blueprint): TrainingPlan {
  const optimizer = bindOptimizer(config.optimizer);
  const { parameters } = learner;
  const { seed, training, evaluation } = config;
  const learningRate = (step: number): number => learningRateAt(config.optimizer, step, training.steps);
  return {
    name: config.name,
    seed,
    plugins: pluginsOf(registry, config),
    ...programs,
    parameters: {
      names: parameters.map(({ name }) => name),
      shapes: parameters.map(({ rows, columns }) => [rows, columns] as const),
      initial: initializeParameters(parameters, streamKey(seed, 'parameters', 0)),
    },
    stateLength: flatLength(stateSpecifications(parameters, optimizer)),
    stepCount: training.steps,
    microbatchSize: training.microbatchSize,
    microbatchCount: training.microbatches,
    evaluation: {
      every: evaluation.every,
      microbatchCount: Math.ceil(evaluation.sequences / training.microbatchSize),
      stream: 'test',
    },
    outputNames: {
      train: programs.trainProgram.outputs.map(({ name }) => name),
      evaluation: programs.evaluationProgram.outputs.map(({ name }) => name),
      update: programs.updateProgram.outputs.map(({ name }) => name),
    },
    updateScalars: (step) => Float32Array.of(learningRate(step), ...optimizer.scalars(step)),
    learningRateAt: (step) => Math.fround(learningRate(step)),
    keyFor: (stream, step) => streamKey(seed, stream, step),
    streamKeyFor: (stream) => streamRoot(seed, stream),
    summarize: summarizer(learner.task, programs.evaluationProgram),
  };
}

/** Throws ProgramError with code `program-over-limit` where a worker would refuse a program. */
function buildPrograms(config: RunConfig, learner: Learner): Pick<TrainingPlan, 'evaluationProgram' | 'updateProgram'> {
  const programs = {
    evaluationProgram: buildEvaluationProgram(learner),
    updateProgram: buildUpdateProgram(learner.parameters, {
      optimizer: bindOptimizer(config.optimizer),
      clip: config.training.clip,
    }),
  };
  for (const program of Object.values(programs)) enforceLimits(program, defaultLimits);
  return programs;
}
