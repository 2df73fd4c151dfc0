// Adam (Kingma and Ba 2015) and AdamW (Loshchilov and Hutter 2019), at step t = 1, 2, …:
//   m ← β₁ m + (1 − β₁) g   v ← β₂ v + (1 − β₂) g²   u = (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
//   Adam: θ ← θ − α u       AdamW: θ ← θ − α (u + w θ), with w = 0 for undecayed parameters
// The bias corrections 1 / (1 − βᵗ) are scalars of the step.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { scheduleOptions } from '../schedules.js';
import { defineOptimizer, type BoundOptimizer, type UpdateContext, type Updated } from './optimizer.js';

const adamOptions = {
  ...scheduleOptions,
  firstDecay: z.number().min(0).max(0.999999).default(0.9).describe('β₁: decay of the mean gradient'),
  secondDecay: z.number().min(0).max(0.999999).default(0.999).describe('β₂: decay of the mean squared gradient'),
  epsilon: z.number().min(1e-12).max(1).default(1e-8).describe('ε: added to the root of the mean squared gradient'),
};
interface AdamOptions {
  readonly firstDecay: number;
  readonly secondDecay: number;
  readonly epsilon: number;
}

/** base^exponent for a whole exponent, by squaring: the same bits everywhere. */
export function wholePower(base: number, exponent: number): number {
  let power = 1;
  let square = base;
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) power *= square;
    square *= square;
  }
  return power;
}

function update(options: AdamOptions, weightDecay: number, context: UpdateContext): Updated {
  const { builder: b, parameter, gradient, state, learningRate, scalars } = context;
  const [mean, meanSquare] = state as readonly [Value, Value];
  const [firstCorrection, secondCorrection] = scalars as readonly [Value, Value];
  const nextMean = b.add(b.multiply(mean, options.firstDecay), b.multiply(gradient, 1 - options.firstDecay));
  const nextSquare = b.add(b.multiply(meanSquare, options.secondDecay), b.multiply(b.square(gradient), 1 - options.secondDecay));
  const scale = b.add(b.sqrt(b.multiply(nextSquare, secondCorrection)), options.epsilon);
  const direction = b.divide(b.multiply(nextMean, firstCorrection), scale);
  const decays = weightDecay !== 0 && context.group === 'decayed';
  const change = decays ? b.add(direction, b.multiply(parameter, weightDecay)) : direction;
  return { parameter: b.subtract(parameter, b.multiply(change, learningRate)), state: [nextMean, nextSquare] };
}

const bindAdam = (options: AdamOptions, weightDecay: number): BoundOptimizer => ({
  stateNames: ['mean', 'meanSquare'],
  scalarNames: ['firstCorrection', 'secondCorrection'],
  scalars: (step) => [options.firstDecay, options.secondDecay].map((decay) => 1 / (1 - wholePower(decay, step + 1))),
  update: (context) => update(options, weightDecay, context),
});

/** Adam, without weight decay. */
export const adam = defineOptimizer({
  name: 'adam',
  schema: z.strictObject({ name: z.literal('adam').describe('Adam'), ...adamOptions }),
  bind: (options) => bindAdam(options, 0),
});

/** Adam with decoupled weight decay, on decayed parameters only. */
export const adamw = defineOptimizer({
  name: 'adamw',
  schema: z.strictObject({
    name: z.literal('adamw').describe('Adam with decoupled weight decay; recurrent decays λ and biases are left alone'),
    ...adamOptions,
    weightDecay: z.number().min(0).max(10).default(0.01).describe('w: pull towards zero, times the learning rate'),
  }),
  bind: (options) => bindAdam(options, options.weightDecay),
});
