// The runs of E5 in groups: an architecture at a size on a task, at the learning rate that its sweep chose; runs of a group differ in their seed.

import { architectureOf, sizeOf } from '../architectures/labels.js';
import type { MeasuredRun } from '../experiment.js';
import { groupRuns } from '../selection.js';
import type { RecallMeasurement } from './measurement.js';

/** A measured run of E5. */
export type RecallRun = MeasuredRun<RecallMeasurement>;

/** The tasks of E5. */
export const recallTasks = ['associative-recall', 'multi-query-recall', 'induction-heads'] as const;

/** A task of E5. */
export type RecallTask = (typeof recallTasks)[number];

/** Runs that differ in their seed alone. */
export interface RecallGroup {
  readonly task: RecallTask;
  readonly architecture: string;
  readonly size: number | null;
  readonly learningRate: number;
  readonly parameterCount: number;
  readonly accuracies: readonly number[];
}

/** A learning rate of a sweep; accuracy is null where the run diverged. */
export interface RecallRate {
  readonly task: string;
  readonly architecture: string;
  readonly learningRate: number;
  readonly loss: number | null;
  readonly accuracy: number | null;
}

const isSweep = ({ study }: RecallRun): boolean => study.includes('-rates');

/** The sweep of learning rates. Where there is none, as in quick studies, every run speaks for itself. */
export function recallRates(runs: readonly RecallRun[]): readonly RecallRate[] {
  const sweep = runs.filter(isSweep);
  return (sweep.length === 0 ? runs : sweep).map(({ config, outcome, measurement }) => ({
    task: config.task.name,
    architecture: architectureOf(config.model),
    learningRate: config.optimizer.learningRate,
    loss: outcome === 'completed' ? measurement.loss : null,
    accuracy: outcome === 'completed' ? measurement.accuracy : null,
  }));
}

function chosenRate(rates: readonly RecallRate[], { config }: RecallRun): number | undefined {
  const architecture = architectureOf(config.model);
  const own = rates.filter((rate) => rate.architecture === architecture && rate.task === config.task.name);
  return own.toSorted((a, b) => (a.loss ?? Infinity) - (b.loss ?? Infinity))[0]?.learningRate;
}

/** The groups of a task at their chosen learning rates, in the order of their first runs. Runs without an accuracy are left out. */
export function recallGroups(runs: readonly RecallRun[], task: RecallTask): readonly RecallGroup[] {
  const classified = runs.filter(({ config, measurement }) => config.task.name === task && measurement.accuracy !== null);
  const rates = recallRates(classified);
  const chosen = classified.filter((run) => {
    return run.outcome === 'completed' && run.config.optimizer.learningRate === chosenRate(rates, run);
  });
  return [...groupRuns(chosen, ({ config }) => `${architectureOf(config.model)}/${sizeOf(config.model)}`).values()].flatMap(
    (group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { config, measurement } = first;
      return {
        task,
        architecture: architectureOf(config.model),
        size: sizeOf(config.model),
        learningRate: config.optimizer.learningRate,
        parameterCount: measurement.parameterCount,
        accuracies: group.flatMap((run) => run.measurement.accuracy ?? []),
      };
    },
  );
}
