// What is measured of a run of E4: its loss on its own task, in units of the loss of predicting zero; on the regression task also at twice the
// variance of W*, beside one gradient step; and for an LSTM or a GRU that imitates attention, what one reaches that is constructed from the teacher.

import { z } from 'zod';
import { regressionLaw, type EvaluationSummary } from '../../learning/index.js';
import { evaluateRun } from '../evaluate-run.js';
import type { TrainedRun } from '../experiment.js';
import { evaluateConstruction, type Construct, type TeacherTask } from './construction.js';
import { constructGru } from './gru-construction.js';
import { constructLstm } from './lstm-construction.js';

const beside = z.object({
  loss: z.number(),
  gradientDescent: z.number(),
  /** Loss − gradient descent, sequence by sequence, and the standard error of that mean. */
  difference: z.number(),
  standardError: z.number(),
});

/** What is measured of a run. */
export const architectureMeasurement = z.object({
  parameterCount: z.number(),
  loss: z.number(),
  /** In units of the loss of predicting zero on the same sequences. */
  normalizedLoss: z.number(),
  /** On the regression task. */
  regression: z.object({ trained: beside, doubled: beside }).nullable(),
  /** Normalized loss of a network of this kind constructed from the teacher, on imitation runs of an LSTM or a GRU. */
  construction: z.number().nullable(),
});
/** What is measured of a run. */
export type ArchitectureMeasurement = z.output<typeof architectureMeasurement>;

const sequences = 65_536;

/** Measures a run. */
export function measureArchitecture(run: TrainedRun): ArchitectureMeasurement {
  const { task, model } = run.config;
  const own = evaluateRun(run, { sequences });
  return {
    parameterCount: run.parameters.length,
    loss: own.testLoss,
    normalizedLoss: own.normalizedLoss,
    regression:
      task.name === 'in-context-regression' ? { trained: pairOf(run, own), doubled: pairOf(run, doubled(run, task)) } : null,
    construction: task.name === 'attention-teacher' ? constructedLoss(model.name, task) : null,
  };
}

const constructions: Readonly<Record<string, Construct>> = { lstm: constructLstm, gru: constructGru };
/** By model and task: they are the same for every run, and a GRU's takes ten seconds. */
const constructedLosses = new Map<string, number>();

function constructedLoss(model: string, task: TeacherTask): number | null {
  const construct = constructions[model];
  if (construct === undefined) return null;
  const key = JSON.stringify([model, task]);
  const loss = constructedLosses.get(key) ?? evaluateConstruction(construct, task, sequences);
  constructedLosses.set(key, loss);
  return loss;
}

type RegressionTask = Extract<TrainedRun['config']['task'], { readonly name: 'in-context-regression' }>;

function doubled(run: TrainedRun, task: RegressionTask): EvaluationSummary {
  const testWeightVariance = 2 * regressionLaw(task, 'train').weightVariance;
  return evaluateRun(run, { sequences, task: { ...task, testWeightVariance } });
}

function pairOf(
  run: TrainedRun,
  { testLoss, gradientDescent, difference, standardError }: EvaluationSummary,
): z.output<typeof beside> {
  if (gradientDescent === null || difference === null || standardError === null) {
    throw new RangeError(`Cannot measure ${run.name}: no gradient step beside it found, one wanted`);
  }
  return { loss: testLoss, gradientDescent, difference, standardError };
}
