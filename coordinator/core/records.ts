// What a run leaves behind, line by line. Where the lines go is the shell's business.

import type { EvaluationSummary, TrainingPlan, TrainingState } from '../../learning/index.js';
import type { CommittedContribution, JobKind } from './events.js';

/** A link of the trajectory: the parameters after `step` steps and the training loss of the last of them. */
export interface TrajectoryEntry {
  readonly step: number;
  readonly loss: number | null;
  readonly parametersSha256: string;
  /** SHA-256 over the previous link's chain and this entry: equal chains mean equal runs. */
  readonly chain: string;
}

/** The chain before the first link. */
export const chainStart = '0'.repeat(64);

/** The next link of a trajectory; `digest` is the SHA-256 of a text. */
export function linkTrajectory(
  previousChain: string,
  entry: Omit<TrajectoryEntry, 'chain'>,
  digest: (text: string) => string,
): TrajectoryEntry {
  const { step, loss, parametersSha256 } = entry;
  const content = JSON.stringify({ step, loss, parametersSha256 });
  return { step, loss, parametersSha256, chain: digest(previousChain + content) };
}

/** The sums of an evaluation by the names of the evaluation program's outputs, and what they say. */
export interface Evaluation {
  readonly step: number;
  readonly sums: Readonly<Record<string, number>>;
  readonly summary: EvaluationSummary;
}

/** A step's measures, for curves. */
export interface StepMetrics {
  readonly step: number;
  readonly loss: number;
  readonly learningRate: number;
  /** The update program's metrics by name: gradientNorm. */
  readonly values: Readonly<Record<string, number>>;
}

/** A state to continue from. */
export interface Checkpoint extends TrainingState {
  readonly parametersSha256: string;
  /** Training loss of the last step; null before the first. */
  readonly trainLoss: number | null;
  /** The trajectory's chain at this step. */
  readonly chain: string;
}

/** Something to be kept. */
export type RunRecord =
  | { readonly type: 'trajectory'; readonly entry: TrajectoryEntry }
  | { readonly type: 'metrics'; readonly metrics: StepMetrics }
  | { readonly type: 'evaluation'; readonly evaluation: Evaluation }
  | {
      readonly type: 'contributions';
      readonly kind: JobKind;
      readonly step: number;
      readonly contributions: readonly CommittedContribution[];
    }
  | { readonly type: 'checkpoint'; readonly checkpoint: Checkpoint };

/** Where a run stopped writing, and what it must come by again when it is continued. */
export interface ResumePoint {
  /** Undefined where the run had not come to its first checkpoint. */
  readonly checkpoint: Checkpoint | undefined;
  /** Evaluations before the checkpoint's step. */
  readonly evaluations: readonly Evaluation[];
  /** Digests of the parameters after later steps, as they were recorded. */
  readonly recorded: ReadonlyMap<number, string>;
}

/**
 * The moment of a run that a record belongs to: 2s − 1 is the commit of step s, 2s the evaluation after it. In every log moments
 * ascend, so that a run that is continued knows what a log has already.
 */
export function momentOf(record: Exclude<RunRecord, { readonly type: 'checkpoint' }>): number {
  switch (record.type) {
    case 'trajectory':
      return commitOf(record.entry.step);
    case 'metrics':
      return commitOf(record.metrics.step);
    case 'evaluation':
      return evaluationAt(record.evaluation.step);
    case 'contributions':
      return record.kind === 'train' ? commitOf(record.step + 1) : evaluationAt(record.step);
  }
}

/** The moment in which a step's parameters were committed. */
export const commitOf = (step: number): number => 2 * step - 1;

/** The moment in which a step's parameters were evaluated. */
export const evaluationAt = (step: number): number => 2 * step;

/** Whether a run evaluates its parameters after so many steps. */
export function isEvaluationDue({ stepCount, evaluation }: TrainingPlan, step: number): boolean {
  return step === 0 || step === stepCount || (evaluation.every !== null && step % evaluation.every === 0);
}
