// The runs of a study: those that wait, those whose folders are open, and what is told of them.

import type { RunConfig, TrainingPlan } from '../../learning/index.js';
import type { DecimatedCurve, Proof } from '../../protocol/index.js';
import type { Backend } from '../../tensor/index.js';
import type { LogEntry } from '../index.js';
import type { RunInProgress } from './run-in-progress.js';
import type { RunRate } from './run-rate.js';
import type { RunResult } from './run-result.js';
import type { ServingOptions } from './serving.js';
import type { StudyRunState, StudyStatus } from './study-pages.js';

/** A run of a study that is still to be done. */
export interface StudyTarget {
  readonly config: RunConfig;
  readonly folder: string;
  /** Continues the run in the folder, under its own name. */
  readonly resume?: { readonly run: string };
  /** Made when the run's turn comes. */
  readonly plan: () => TrainingPlan;
}

/** A study to be done, and where. */
export interface StudyOptions {
  readonly name: string;
  readonly serving: ServingOptions;
  readonly targets: readonly StudyTarget[];
  /** Runs that were done before. */
  readonly done: readonly StudyRunState[];
  readonly backend: Backend;
  readonly proof: Proof;
  readonly software: string;
  /** The bytes of the longest frame that a worker of any of the runs has reason to send. */
  readonly frameBytes: number;
  readonly onProgress?: (status: StudyStatus) => void;
  readonly onRunEnd?: (target: StudyTarget, ended: { readonly result: RunResult; readonly plan: TrainingPlan }) => void;
  readonly onLog?: (entry: LogEntry) => void;
}

/** A run whose folder is open. */
export interface OpenRun {
  readonly target: StudyTarget;
  readonly plan: TrainingPlan;
  readonly inProgress: RunInProgress;
  readonly startedAt: number;
  readonly rate: RunRate;
  readonly curve: DecimatedCurve;
  readonly accept: RunInProgress['driver']['accept'];
}

/** What is told of a run whose folder is open. */
export function runningState({ target, plan, inProgress, curve }: OpenRun, workers: number): StudyRunState {
  const { step, trainLoss, evaluations } = inProgress.training.progress;
  const evaluation = step === 0 ? undefined : evaluations.at(-1);
  return {
    ...{ name: target.config.name, state: 'running', step, stepCount: plan.stepCount, trainLoss },
    ...{ testLoss: evaluation?.summary.testLoss ?? null, workers, curve: curve.all },
  };
}

/** What is told of a run whose turn has not come. */
export function waitingState({ config }: StudyTarget): StudyRunState {
  const { steps } = config.training;
  return { name: config.name, state: 'waiting', step: 0, stepCount: steps, workers: 0, trainLoss: null, testLoss: null };
}
