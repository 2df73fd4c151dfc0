// The stages of training: from a step on, batches come from this program. A run without a curriculum has one stage.

import type { Program } from '../tensor/index.js';
import { ConfigurationError } from './configuration-error.js';
import type { RunConfig } from './configuration.js';
import { stageTasks } from './curriculum.js';
import { modelOf, taskOf, type Registry } from './registry.js';
import { buildTrainingProgram, createLearner, type Learner } from './training-program.js';

/** Steps of training that have one program. */
export interface Stage {
  readonly fromStep: number;
  /** One after the last. */
  readonly endStep: number;
  readonly trainProgram: Program;
}

/** The stage that a step belongs to. Behind the last step it is still the last one. */
export function stageAt({ stages }: { readonly stages: readonly Stage[] }, step: number): Stage {
  const stage = stages.findLast(({ fromStep }) => fromStep <= step);
  if (stage === undefined) throw new RangeError(`Cannot find stage: step ${step} found, 0 or more wanted`);
  return stage;
}

/** The stages of a run whose learner is known. Throws ConfigurationError where the task of one would give the model other parameters. */
export function buildStages(config: RunConfig, registry: Registry, own: Learner): readonly Stage[] {
  const tasks = stageTasks(config, registry.schema);
  const programs = new Map<string, Program>();
  return tasks.map(({ fromStep, task }, index) => {
    const name = JSON.stringify(task);
    const trainProgram = programs.get(name) ?? buildTrainingProgram(learnerOf({ ...config, task }, { registry, own, fromStep }));
    programs.set(name, trainProgram);
    return { fromStep, endStep: tasks[index + 1]?.fromStep ?? config.training.steps, trainProgram };
  });
}

function learnerOf(
  config: RunConfig,
  { registry, own, fromStep }: { readonly registry: Registry; readonly own: Learner; readonly fromStep: number },
): Learner {
  const stage = `in the curriculum's stage from step ${fromStep} on`;
  let learner: Learner;
  try {
    learner = createLearner(taskOf(registry, config.task), modelOf(registry, config.model));
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    throw new ConfigurationError(error.code, `${error.message} (${stage})`, error.issues);
  }
  const [found, wanted] = [learner, own].map(({ parameters }) => parameters.map(describeParameter));
  const at = wanted?.findIndex((parameter, index) => found?.[index] !== parameter) ?? -1;
  if (at < 0 && found?.length === wanted?.length) return learner;
  const place = at < 0 ? (wanted?.length ?? 0) : at;
  const difference = `${found?.[place] ?? 'no further parameter'} found, ${wanted?.[place] ?? 'no further parameter'} wanted`;
  throw new ConfigurationError('configuration-invalid', `Cannot accept configuration: parameter ${difference} (${stage})`);
}

const describeParameter = ({ name, rows, columns }: Learner['parameters'][number]): string => `${name} [${rows}, ${columns}]`;
