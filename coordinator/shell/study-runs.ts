// The runs of a study: those that wait, those whose folders are open, and what is told of them.

import type { RunConfig, TrainingPlan } from '../../learning/index.js';
import type { Proof, StudyHead, StudyTest, StudyWorker } from '../../protocol/index.js';
import type { Backend } from '../../tensor/index.js';
import type { LogEntry } from '../index.js';
import { shortId } from './live-workers.js';
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

/** A run of a study that was done before. */
export interface DoneRun {
  readonly state: StudyRunState;
  readonly folder: string;
  /** Its held-out losses, as far as its result has them. */
  readonly tests: readonly StudyTest[];
}

/** A study to be done, and where. */
export interface StudyOptions {
  readonly name: string;
  /** The study's own folder. */
  readonly folder: string;
  /** All of its runs, those that are done included, in order, and what differs between them. */
  readonly grid: Pick<StudyHead, 'axes' | 'runs'>;
  /** The built page for the study's owner; nothing: there is none, and none is left in the folder. */
  readonly liveFolder?: string;
  /** The built page for volunteers; nothing: there is none. */
  readonly volunteerFolder?: string;
  readonly serving: ServingOptions;
  readonly targets: readonly StudyTarget[];
  /** Runs that were done before. */
  readonly done: readonly DoneRun[];
  readonly backend: Backend;
  readonly proof: Proof;
  readonly software: string;
  /** The bytes of the longest frame that a worker of any of the runs has reason to send. */
  readonly frameBytes: number;
  readonly onProgress?: (status: StudyStatus) => void;
  readonly onRunEnd?: (target: StudyTarget, ended: { readonly result: RunResult; readonly plan: TrainingPlan }) => void;
  readonly onLog?: (entry: LogEntry) => void;
}

/** A study that is going on. */
export interface RunningStudy {
  /** What workers connect to: `ws://host:port/`. */
  readonly address: string;
  readonly pageAddress: string;
  /** Resolves when all runs have ended, or those that were open after a stop; rejects where one cannot go on. */
  readonly done: Promise<void>;
  /** Ends the study: the open runs write checkpoints, when their jobs at hand are done or after this time. */
  stop(drainMilliseconds?: number): Promise<void>;
}

/** A run whose folder is open. */
export interface OpenRun {
  readonly target: StudyTarget;
  readonly plan: TrainingPlan;
  readonly inProgress: RunInProgress;
  readonly startedAt: number;
  readonly rate: RunRate;
  readonly accept: RunInProgress['driver']['accept'];
  /** Whether what volunteers contribute is computed again. */
  readonly isWary: boolean;
  /** Workers that it admits. */
  readonly workerLimit: number;
}

/** What is told of a run whose folder is open. */
export function runningState({ target, plan, inProgress }: OpenRun, workers: number): StudyRunState {
  const { step, trainLoss, evaluations } = inProgress.training.progress;
  const evaluation = step === 0 ? undefined : evaluations.at(-1);
  return {
    ...{ name: target.config.name, state: 'running', step, stepCount: plan.stepCount, trainLoss },
    ...{ testLoss: evaluation?.summary.testLoss ?? null, optimum: evaluations.at(-1)?.summary.optimum ?? null, workers },
  };
}

/** The workers at a run, for people. */
export function workersOf({ target, inProgress }: OpenRun, run: number): readonly StudyWorker[] {
  const { microbatchSize } = target.config.training;
  return inProgress.core.snapshot(performance.now()).workers.map((worker) => {
    const { workerId, name, kind, backend, threadCount, microbatchesPerSecond: rate } = worker;
    const sequencesPerSecond = rate === null ? null : Number((rate * microbatchSize).toPrecision(3));
    return { id: shortId(workerId), name, kind, backend, threadCount, run, sequencesPerSecond };
  });
}

/** What is told of a run whose turn has not come. */
export function waitingState({ config }: StudyTarget): StudyRunState {
  const { steps } = config.training;
  const nothing = { trainLoss: null, testLoss: null, optimum: null };
  return { name: config.name, state: 'waiting', step: 0, stepCount: steps, workers: 0, ...nothing };
}
