// What remains of a run when it is over: one object, printed by the command line and kept in the run's folder.

import type { Evaluation, Outcome, TrainingProgress, WorkerStatistics } from '../index.js';

/** What a worker has contributed. */
export type WorkerContributions = Omit<WorkerStatistics, 'name'>;

/** How a run ended. */
export interface RunResult {
  readonly run: string;
  readonly folder: string;
  readonly outcome: Outcome;
  /** Steps committed. */
  readonly steps: number;
  /** Steps that were there when the run was last continued; 0 in a run that was never interrupted. */
  readonly continuedFromStep: number;
  readonly parametersSha256: string;
  /** Training loss of the last step. */
  readonly trainLoss: number | null;
  readonly evaluations: readonly Evaluation[];
  /** Since the run was started or continued, like all that follows. */
  readonly seconds: number;
  /** Training sequences alone, evaluations aside. */
  readonly sequencesPerSecond: number;
  readonly reissuedLeases: number;
  readonly droppedContributions: number;
  /** Sums that were to be computed again and counted without, because no other worker was there. */
  readonly uncheckedNodes: number;
  /** Whether workers were admitted whose bits are not the contract's: then the run's bits depend on who helped. */
  readonly admittedTolerant: boolean;
  /** Tree nodes of such workers that went into finished jobs. */
  readonly tolerantNodes: number;
  readonly contributionsByWorker: Readonly<Record<string, WorkerContributions>>;
  /** The step whose gradient or update was not finite. */
  readonly divergedAtStep?: number;
}

/** What a result is made from. */
export interface ResultSources {
  readonly run: string;
  readonly folder: string;
  readonly progress: TrainingProgress;
  readonly statistics: readonly Readonly<WorkerStatistics>[];
  readonly admittedTolerant: boolean;
  readonly seconds: number;
  readonly sequencesPerSecond: number;
}

/** The result of a run that has ended. */
export function resultOf(sources: ResultSources): RunResult {
  const { run, folder, progress, statistics, seconds, sequencesPerSecond, admittedTolerant } = sources;
  const { step, firstStep, parametersSha256, trainLoss, evaluations, outcome = 'stopped' } = progress;
  const total = (count: 'reissuedLeases' | 'droppedContributions' | 'uncheckedNodes' | 'tolerantNodes'): number =>
    statistics.reduce((sum, worker) => sum + worker[count], 0);
  return {
    ...{ run, folder, outcome, steps: step, continuedFromStep: firstStep },
    ...{ parametersSha256, trainLoss, evaluations, seconds, sequencesPerSecond },
    reissuedLeases: total('reissuedLeases'),
    droppedContributions: total('droppedContributions'),
    uncheckedNodes: total('uncheckedNodes'),
    admittedTolerant,
    tolerantNodes: total('tolerantNodes'),
    contributionsByWorker: byName(statistics),
    ...(outcome === 'diverged' ? { divergedAtStep: step } : {}),
  };
}

/** Workers of one name are told apart by the beginning of their ids. */
function byName(statistics: readonly Readonly<WorkerStatistics>[]): Record<string, WorkerContributions> {
  const counts = new Map<string, number>();
  for (const { name } of statistics) counts.set(name, (counts.get(name) ?? 0) + 1);
  const entries = statistics.map(({ name, ...contributions }) => {
    return [counts.get(name) === 1 ? name : `${name} ${contributions.workerId.slice(0, 8)}`, contributions] as const;
  });
  return Object.fromEntries(entries);
}
