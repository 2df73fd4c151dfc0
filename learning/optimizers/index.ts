// Every optimizer there is.

import { z } from 'zod';
import { adam, adamw } from './adam.js';
import type { BoundOptimizer } from './optimizer.js';
import { sgd } from './sgd.js';

/** The `optimizer` part of the configuration. */
export const optimizerSchema = z.discriminatedUnion('name', [sgd.schema, adam.schema, adamw.schema]);
/** An optimizer's name and options, every default filled in. */
export type OptimizerOptions = z.output<typeof optimizerSchema>;

/** The optimizer that the configuration names, with its options. */
export function bindOptimizer(options: OptimizerOptions): BoundOptimizer {
  switch (options.name) {
    case 'sgd':
      return sgd.bind(options);
    case 'adam':
      return adam.bind(options);
    case 'adamw':
      return adamw.bind(options);
  }
}

export type { BoundOptimizer, UpdateContext, Updated } from './optimizer.js';
