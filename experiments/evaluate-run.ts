// A trained run on more held-out sequences than it was evaluated with, and where wished on another law than it was trained on.

import { wasmBackend } from '../backends/index.js';
import { buildPlan, evaluateSerially, reduceSerially, type EvaluationSummary, type RunConfig } from '../learning/index.js';
import type { TrainedRun } from './experiment.js';

/** What a run is evaluated on. */
export interface EvaluationRequest {
  readonly sequences: number;
  /** Nothing: the run's own task. */
  readonly task?: RunConfig['task'];
}

/** Evaluates a run's parameters. */
export function evaluateRun(
  { config, parameters }: TrainedRun,
  { sequences, task = config.task }: EvaluationRequest,
): EvaluationSummary {
  // How it was trained is of no interest here.
  const training = { ...config.training, curriculum: [] };
  return evaluateSerially(
    buildPlan({ ...config, task, training, evaluation: { ...config.evaluation, sequences } }),
    wasmBackend,
    parameters,
  );
}

/** The loss of other parameters of a run's network, each on the same held-out sequences. */
export function lossFunction({ plan }: TrainedRun, sequences: number): (parameters: Float32Array) => number {
  const { microbatchSize } = plan;
  const executable = wasmBackend.compile(plan.evaluationProgram);
  const reduction = { key: plan.keyFor('test', 0), microbatchSize, microbatchCount: Math.ceil(sequences / microbatchSize) };
  return (parameters) => {
    executable.load(parameters);
    return plan.summarize(reduceSerially(executable, reduction)).testLoss;
  };
}
