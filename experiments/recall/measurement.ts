// What is measured of a run of E5: its loss and the share of answers that are right, or, with a squared loss, how it stands to one gradient step.

import { z } from 'zod';
import { evaluateRun } from '../evaluate-run.js';
import type { TrainedRun } from '../experiment.js';

/** What is measured of a run. */
export const recallMeasurement = z.object({
  parameterCount: z.number(),
  loss: z.number(),
  /** In units of the loss of predicting zero on the same sequences. */
  normalizedLoss: z.number(),
  /** The share of answers that had the largest score; null with a squared loss. */
  accuracy: z.number().nullable(),
  /** The loss of one gradient step, with a squared loss. */
  gradientDescent: z.number().nullable(),
});
/** What is measured of a run. */
export type RecallMeasurement = z.output<typeof recallMeasurement>;

/** On the sequences that a run names itself: those of long vocabularies are costly. */
export function measureRecall(run: TrainedRun): RecallMeasurement {
  const { testLoss, normalizedLoss, accuracy, gradientDescent } = evaluateRun(run, {
    sequences: run.config.evaluation.sequences,
  });
  return { parameterCount: run.parameters.length, loss: testLoss, normalizedLoss, accuracy, gradientDescent };
}
