// The run in short, for volunteers: less than the status, and nothing about anyone else.

import type { RunConfig, TrainingPlan } from '../../learning/index.js';
import { printableText, type LiveCurve, type RunSummary } from '../../protocol/index.js';
import type { WorkerStatistics } from '../index.js';

/** What a summary is made of. */
export interface SummarySources {
  readonly config: RunConfig;
  readonly plan: TrainingPlan;
  readonly state: Pick<RunSummary, 'run' | 'outcome' | 'step' | 'trainLoss' | 'sequencesPerSecond' | 'workerCount'>;
  /** Training losses, in at most as many points as a summary may have; undefined before there can be any. */
  readonly losses: LiveCurve | undefined;
  /** Who operates this coordinator, and where that one can be reached; null where nobody said. */
  readonly operator: string | null;
  readonly contact: string | null;
  /** Whose contributions are asked for. */
  readonly worker: RunSummary['worker'];
  /** Of which the run is one; null where it is alone. */
  readonly study: RunSummary['study'];
}

/** The summary of a run. */
export function summaryOf({ config, plan, state, losses, operator, contact, worker, study }: SummarySources): RunSummary {
  const { step, trainLoss } = state;
  return {
    ...state,
    stepCount: plan.stepCount,
    name: printableText(plan.name),
    task: printableText(config.task.name),
    model: printableText(config.model.name),
    operator: operator === null ? null : printableText(operator),
    contact: contact === null ? null : printableText(contact),
    microbatchSize: plan.microbatchSize,
    trainLoss: trainLoss !== null && Number.isFinite(trainLoss) ? trainLoss : null,
    curve: losses === undefined ? [] : curveOf(losses, step),
    worker,
    study: study === null ? null : { ...study, name: printableText(study.name) },
  };
}

/** What has become of one's help. */
export type Help = Pick<NonNullable<RunSummary['worker']>, 'committedNodes' | 'microbatches'>;

/** What all workers of a name have done together; undefined where there was never one. */
export function helpOf(name: string | undefined, statistics: Iterable<Readonly<WorkerStatistics>>): Help | undefined {
  let help: Help | undefined;
  for (const { name: other, committedNodes, microbatches } of statistics) {
    if (other === name) help = addHelp(help, { committedNodes, microbatches });
  }
  return help;
}

/** Both together. */
export function addHelp(a: Help | undefined, b: Help | undefined): Help | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { committedNodes: a.committedNodes + b.committedNodes, microbatches: a.microbatches + b.microbatches };
}

/** Means with the last steps that they cover. */
function curveOf({ width, buckets }: LiveCurve, lastStep: number): RunSummary['curve'] {
  return buckets.map(([index, , mean]) => [Math.min((index + 1) * width - 1, lastStep), Number(mean.toPrecision(4))]);
}
