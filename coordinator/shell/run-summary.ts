// The run in short, for volunteers: less than the status, and nothing about anyone else.

import type { RunConfig, TrainingPlan } from '../../learning/index.js';
import { printableText, type LiveCurve, type RunSummary } from '../../protocol/index.js';
import type { WorkerStatistics } from '../index.js';
import type { RunStatus } from './status-page.js';

/** What a summary needs besides the status. */
export interface SummarySources {
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  readonly statistics: readonly Readonly<WorkerStatistics>[];
  /** Training losses; undefined before there can be any. */
  readonly losses: LiveCurve | undefined;
  /** Who operates this coordinator, and where that one can be reached; null where nobody said. */
  readonly operator: string | null;
  readonly contact: string | null;
  /** Whose contributions are asked for. */
  readonly workerName: string | undefined;
}

/** The summary of a run. */
export function summaryOf(status: RunStatus, sources: SummarySources): RunSummary {
  const { config, plan, statistics, losses, operator, contact, workerName } = sources;
  const { run, outcome, step, stepCount, trainLoss, sequencesPerSecond } = status;
  const own = statistics.filter(({ name }) => name === workerName);
  const sum = (count: (worker: Readonly<WorkerStatistics>) => number): number =>
    own.reduce((total, worker) => total + count(worker), 0);
  return {
    ...{ run, outcome, step, stepCount, sequencesPerSecond },
    name: printableText(status.name),
    task: printableText(config.task.name),
    model: printableText(config.model.name),
    operator: operator === null ? null : printableText(operator),
    contact: contact === null ? null : printableText(contact),
    microbatchSize: plan.microbatchSize,
    trainLoss: trainLoss !== null && Number.isFinite(trainLoss) ? trainLoss : null,
    curve: losses === undefined ? [] : curveOf(losses, step),
    workerCount: status.workers.length,
    worker:
      own.length === 0
        ? null
        : {
            isConnected: status.workers.some(({ name }) => name === workerName),
            committedNodes: sum((worker) => worker.committedNodes),
            microbatches: sum((worker) => worker.microbatches),
          },
  };
}

/** Means with the last steps that they cover. */
function curveOf({ width, buckets }: LiveCurve, lastStep: number): RunSummary['curve'] {
  return buckets.map(([index, , mean]) => [Math.min((index + 1) * width - 1, lastStep), Number(mean.toPrecision(4))]);
}
