// Stochastic gradient descent with momentum: v ← μ v + g   θ ← θ − α v.  Without momentum: θ ← θ − α g.

import { z } from 'zod';
import { scheduleOptions } from '../schedules.js';
import { defineOptimizer } from './optimizer.js';

const schema = z.strictObject({
  name: z.literal('sgd').describe('stochastic gradient descent'),
  ...scheduleOptions,
  momentum: z.number().min(0).max(0.9999).default(0).describe('decay μ of the velocity'),
});

/** SGD; it keeps a velocity where there is momentum. */
export const sgd = defineOptimizer({
  name: 'sgd',
  schema,
  bind: ({ momentum }) => ({
    stateNames: momentum === 0 ? [] : ['velocity'],
    scalarNames: [],
    scalars: () => [],
    update: ({ builder, parameter, gradient, state: [velocity], learningRate }) => {
      const next = velocity === undefined ? gradient : builder.add(builder.multiply(velocity, momentum), gradient);
      return {
        parameter: builder.subtract(parameter, builder.multiply(next, learningRate)),
        state: velocity === undefined ? [] : [next],
      };
    },
  }),
});
