// The runs of E4 in groups: an architecture at a size on a task, at the learning rate that its sweep chose; runs of a group differ in their seed.

import { groupRuns } from '../selection.js';
import type { MeasuredRun } from '../experiment.js';
import { spreadOf, type Spread } from '../spread.js';
import { architectureOf, sizeOf, sweptArchitecture } from './labels.js';
import type { ArchitectureMeasurement } from './measurement.js';

/** A measured run of E4. */
export type ArchitectureRun = MeasuredRun<ArchitectureMeasurement>;

/** Imitation of attention (the paper's A), or regression in context (B). */
export type ComparedTask = 'imitation' | 'regression';

/** Runs that differ in their seed alone. */
export interface ArchitectureGroup {
  /** With its budget, where that is not the one of all architectures: `LRU, 12,000 steps`. */
  readonly architecture: string;
  /** `, 12,000 steps`; nothing where it is that of all architectures. */
  readonly budget: string;
  readonly task: ComparedTask;
  /** Null where it follows from the task. */
  readonly size: number | null;
  readonly learningRate: number;
  readonly parameterCount: number;
  readonly runs: readonly ArchitectureRun[];
}

/** A learning rate of a sweep and its loss; null where the run diverged. */
export interface SweptRate {
  readonly architecture: string;
  readonly task: ComparedTask;
  readonly learningRate: number;
  readonly normalizedLoss: number | null;
}

/** The task of a run. */
export const taskOf = ({ config }: ArchitectureRun): ComparedTask =>
  config.task.name === 'attention-teacher' ? 'imitation' : 'regression';

const isSweep = ({ study }: ArchitectureRun): boolean => study.includes('-rates');

/** What a larger budget than that of all architectures adds to their names. */
const budgetOf = ({ study, config }: ArchitectureRun): string =>
  study.endsWith('-longer') ? `, ${config.training.steps.toLocaleString('en-US')} steps` : '';

const nameOf = (run: ArchitectureRun): string => `${architectureOf(run.config.model)}${budgetOf(run)}`;

/** The sweep of learning rates. Where there is none, as in quick studies, every run speaks for itself. */
export function sweptRates(runs: readonly ArchitectureRun[]): readonly SweptRate[] {
  const sweep = runs.filter(isSweep);
  return (sweep.length === 0 ? runs : sweep).map((run) => ({
    architecture: nameOf(run),
    task: taskOf(run),
    learningRate: run.config.optimizer.learningRate,
    normalizedLoss: run.outcome === 'completed' ? run.measurement.normalizedLoss : null,
  }));
}

/** The learning rate with the smallest loss; undefined where none was swept. */
export function chosenRate(rates: readonly SweptRate[], architecture: string, task: ComparedTask): number | undefined {
  const own = rates.filter((rate) => rate.architecture === architecture && rate.task === task);
  return own.toSorted((a, b) => (a.normalizedLoss ?? Infinity) - (b.normalizedLoss ?? Infinity))[0]?.learningRate;
}

/** All groups at their chosen learning rates, in the order of their first runs. */
export function architectureGroups(runs: readonly ArchitectureRun[]): readonly ArchitectureGroup[] {
  const rates = sweptRates(runs);
  const chosen = runs.filter((run) => {
    const { model, optimizer } = run.config;
    const rate = chosenRate(rates, `${sweptArchitecture(model)}${budgetOf(run)}`, taskOf(run));
    return run.outcome === 'completed' && optimizer.learningRate === rate;
  });
  const keyOf = (run: ArchitectureRun): string => `${nameOf(run)}/${sizeOf(run.config.model)}/${taskOf(run)}`;
  return [...groupRuns(chosen, keyOf).values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return {
      architecture: nameOf(first),
      budget: budgetOf(first),
      task: taskOf(first),
      size: sizeOf(first.config.model),
      learningRate: first.config.optimizer.learningRate,
      parameterCount: first.measurement.parameterCount,
      runs: group,
    };
  });
}

/** The losses of a group, normalized for imitation and half the mean squared error per output for regression. */
export const lossesOf = ({ task, runs }: ArchitectureGroup): readonly number[] =>
  runs.map(({ measurement }) => (task === 'imitation' ? measurement.normalizedLoss : measurement.loss));

/** Their spread. */
export function lossSpread(group: ArchitectureGroup): Spread {
  const spread = spreadOf(lossesOf(group));
  if (spread === undefined)
    throw new RangeError(`Cannot tell the loss of ${group.architecture}: no runs found, one or more wanted`);
  return spread;
}

/** The size at which architectures are compared: the one that most of them have. */
export function comparedSize(groups: readonly ArchitectureGroup[]): number | null {
  const counts = groupRuns(
    groups.filter(({ size }) => size !== null),
    ({ size }) => size,
  );
  return [...counts].toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0] ?? null;
}
