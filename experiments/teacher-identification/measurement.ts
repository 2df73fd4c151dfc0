// What is measured of a run of E1: how well it imitates its teacher, and what its neurons do.

import { z } from 'zod';
import { influenceThreshold, prune, readableTask, readNetwork, withoutNeurons } from '../../analysis/index.js';
import { inputLayout } from '../../tensor/index.js';
import { evaluateRun, lossFunction } from '../evaluate-run.js';
import type { TrainedRun } from '../experiment.js';

/** What is measured of a run. */
export const identificationMeasurement = z.object({
  sequences: z.number(),
  loss: z.number(),
  /** In units of the loss of predicting zero. */
  normalizedLoss: z.number(),
  /** Unexplained shares of the teacher's products of values and keys, and of its queries. */
  keyValueScore: z.number(),
  queryScore: z.number(),
  polynomialDistance: z.number(),
  /** λ of the neurons above the threshold of influence. */
  influentialDecays: z.array(z.number()),
  /** Neurons left after pruning: all, those that remember (λ > 0.9), those that forget (λ < 0.1). */
  keptCount: z.number(),
  rememberingCount: z.number(),
  forgettingCount: z.number(),
  /** Neurons left when each run is pruned to the same normalized loss, `commonLoss`. */
  keptAtCommonLoss: z.number(),
  /** Of the network written with the 14 neurons of the compact construction: normalized, without retraining. */
  mergedLoss: z.number(),
  /** Normalized loss on the way. */
  curve: z.array(z.object({ step: z.number(), normalizedLoss: z.number() })),
  prunedLoss: z.number(),
  originalLoss: z.number(),
});
/** What is measured of a run. */
export type IdentificationMeasurement = z.output<typeof identificationMeasurement>;

const sequences = 65_536;
const pruningSequences = 4096;
const pruningTolerance = 0.1;
/** The normalized loss to which networks of different losses are pruned. */
export const commonLoss = 1e-4;

/** Measures a run. Throws RangeError where it is not one layer of Eq. 2 with a teacher. */
export function measureIdentification(run: TrainedRun): IdentificationMeasurement {
  const task = readableTask(run.config);
  const { parameters, plan } = run;
  const tensors = inputLayout(plan.trainProgram);
  const lossOf = lossFunction(run, pruningSequences);
  const reading = task && readNetwork(task, { tensors, parameters, lossOf, tolerance: pruningTolerance });
  if (reading?.scores === undefined || reading.merged === undefined) {
    throw new RangeError(
      `Cannot measure ${run.name}: another network found, one layer of Eq. 2 with room for a teacher's neurons wanted`,
    );
  }
  const { scores, polynomial, neurons, pruned, merged } = reading;
  const ofZero = lossOf(new Float32Array(parameters.length));
  const common = prune(neurons, {
    lossOf: (kept) => lossOf(withoutNeurons(tensors, parameters, kept)),
    largestLoss: () => commonLoss * ofZero,
  });
  const summary = evaluateRun(run, { sequences });
  return {
    sequences: summary.sequences,
    loss: summary.testLoss,
    normalizedLoss: summary.normalizedLoss,
    keyValueScore: scores.keyValue,
    queryScore: scores.query,
    polynomialDistance: polynomial.distance,
    influentialDecays: neurons.filter(({ influence }) => influence >= influenceThreshold).map(({ decay }) => decay),
    keptCount: pruned.kept.length,
    rememberingCount: pruned.remembering,
    forgettingCount: pruned.forgetting,
    keptAtCommonLoss: common.kept.length,
    mergedLoss: merged.loss / ofZero,
    curve: run.evaluations.map((evaluation) => ({ step: evaluation.step, normalizedLoss: evaluation.summary.normalizedLoss })),
    prunedLoss: pruned.loss,
    originalLoss: pruned.originalLoss,
  };
}
