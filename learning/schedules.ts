// Learning-rate schedules, from + − × ÷ alone: the learning rate of a step has the same bits on every machine.
//
// With W steps of warm-up out of N, step s = 0, 1, …:  s < W: α (s + 1) / W   else, with u = (s − W) / (N − W):
//   constant: α      linear: α_f + (α − α_f)(1 − u)      cosine: α_f + (α − α_f)(1 + cos πu) / 2

import { z } from 'zod';

/** Options of the learning rate, part of every optimizer. */
export const scheduleOptions = {
  learningRate: z.number().min(0).max(1e3).default(0.001).describe('α: largest learning rate'),
  schedule: z
    .enum(['constant', 'linear', 'cosine'])
    .default('cosine')
    .describe('how the learning rate goes on after the warm-up'),
  finalLearningRate: z.number().min(0).max(1e3).default(0).describe('learning rate that a linear or cosine schedule ends at'),
  warmupSteps: z.int().min(0).max(1e9).default(0).describe('steps of linear growth at the beginning'),
};

/** The options of a schedule. */
export interface Schedule {
  readonly learningRate: number;
  readonly schedule: 'constant' | 'linear' | 'cosine';
  readonly finalLearningRate: number;
  readonly warmupSteps: number;
}

/** The learning rate of step 0, 1, … of a run of `stepCount` steps. */
export function learningRateAt(schedule: Schedule, step: number, stepCount: number): number {
  const { learningRate, finalLearningRate, warmupSteps } = schedule;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  const share = Math.min(1, (step - warmupSteps) / Math.max(1, stepCount - warmupSteps));
  switch (schedule.schedule) {
    case 'constant':
      return learningRate;
    case 'linear':
      return finalLearningRate + (learningRate - finalLearningRate) * (1 - share);
    case 'cosine':
      return finalLearningRate + ((learningRate - finalLearningRate) * (1 + cosineOfHalfTurns(share))) / 2;
  }
}

/** cos(πu) for u in 0 … 1, by its Taylor series up to the 24th power; the error is below 1e−15. */
export function cosineOfHalfTurns(u: number): number {
  if (u > 0.5) return -cosineOfHalfTurns(1 - u);
  const square = Math.PI * u * (Math.PI * u);
  let sum = 1;
  for (let power = 24; power > 0; power -= 2) sum = 1 - (sum * square) / (power * (power - 1));
  return sum;
}
