// An experiment of the paper: studies that are trained, what is measured of each run, and what follows from all of them.
//
//   studies → trained runs → measure (slow, kept by digest) → conclude (pure) → findings

import type { z } from 'zod';
import type { EvaluationSummary, RunConfig, TrainingPlan } from '../learning/index.js';
import type { Floats } from '../tensor/index.js';
import type { Findings } from './findings.js';

/** The paper's experiments. */
export const experimentNames = ['E1', 'E2', 'E3', 'E4', 'E5'] as const;

/** One of the paper's experiments. */
export type ExperimentName = (typeof experimentNames)[number];

/** A study that an experiment is made from. */
export interface ExperimentStudy {
  /** Its file, from the folder of experiments. */
  readonly file: string;
  /** Whether `starling reproduce` trains it, or measures it only where `starling study` has trained it. */
  readonly isTrained: boolean;
}

/** Where a run stands. */
export type RunOutcome = 'completed' | 'diverged' | 'unfinished';

/** A run of a study. */
export interface RunIdentity {
  /** The name of its study. */
  readonly study: string;
  readonly name: string;
  /** The values of the grid, by the paths of its axes. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly config: RunConfig;
  readonly outcome: RunOutcome;
  /** Steps of the parameters that are measured: of the newest checkpoint. */
  readonly step: number;
  readonly parametersSha256: string;
  /** Training time since the run was started or last continued; null where it has not ended. */
  readonly seconds: number | null;
}

/** A run with its parameters: what is measured. */
export interface TrainedRun extends RunIdentity {
  readonly plan: TrainingPlan;
  readonly parameters: Floats;
  /** Its evaluations on the way, where it has ended. */
  readonly evaluations: readonly { readonly step: number; readonly summary: EvaluationSummary }[];
}

/** A run with what was measured of it: what findings are made from. */
export interface MeasuredRun<Measurement> extends RunIdentity {
  readonly measurement: Measurement;
  /** Of a run that is taken from an earlier record: where and when that was made. */
  readonly recorded?: Circumstances;
}

/** Where and when something was measured. */
export interface Circumstances {
  readonly software: string;
  /** ISO 8601. */
  readonly time: string;
  readonly machine: string;
}

/** An experiment. */
export interface Experiment<Measurement = unknown> {
  readonly name: ExperimentName;
  readonly title: string;
  readonly studies: readonly ExperimentStudy[];
  /** The same in minutes on two cores, for a first look: its findings are labelled so. */
  readonly quickStudies: readonly ExperimentStudy[];
  /** What is measured of a run, as it is kept in JSON. */
  readonly measurement: z.ZodType<Measurement>;
  /** Measures a run; the same parameters give the same numbers. */
  measure(run: TrainedRun): Measurement;
  /** What follows from the runs that are there, the unfinished ones among them; runs that are missing are said to be missing. */
  conclude(runs: readonly MeasuredRun<Measurement>[]): Findings;
}
