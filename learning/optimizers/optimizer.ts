// An optimizer: state tensors beside every parameter, scalars of a step, and the update of one parameter as tensor operations.

import type { ProgramBuilder, Value } from '../../tensor/index.js';
import type { z } from 'zod';
import type { ParameterGroup } from '../parameters.js';

/** The update of one parameter. Every value has the parameter's shape; scalars are [1, 1]. */
export interface UpdateContext {
  readonly builder: ProgramBuilder;
  readonly parameter: Value;
  readonly group: ParameterGroup;
  /** The clipped gradient of the loss per output. */
  readonly gradient: Value;
  /** State tensors in the order of `stateNames`. */
  readonly state: readonly Value[];
  readonly learningRate: Value;
  /** Further scalars of the step, in the order of `scalarNames`. */
  readonly scalars: readonly Value[];
}

/** What an update gives: the parameter and its state after the step. */
export interface Updated {
  readonly parameter: Value;
  readonly state: readonly Value[];
}

/** An optimizer whose options are known. */
export interface BoundOptimizer {
  /** State tensors kept for every parameter, zero at the beginning. */
  readonly stateNames: readonly string[];
  /** Scalars of a step besides the learning rate. */
  readonly scalarNames: readonly string[];
  /** The scalars of step 0, 1, …, from + − × ÷ √ in f64 alone. */
  scalars(step: number): readonly number[];
  update(context: UpdateContext): Updated;
}

/** An optimizer in the registry. */
export interface Optimizer<Name extends string, Schema extends z.ZodObject> {
  readonly name: Name;
  /** Its options in the configuration: strict, with `name` as the discriminating literal. */
  readonly schema: Schema;
  bind(options: z.output<Schema>): BoundOptimizer;
}

/** Types an optimizer by its schema. */
export function defineOptimizer<Name extends string, Schema extends z.ZodObject>(
  optimizer: Optimizer<Name, Schema>,
): Optimizer<Name, Schema> {
  return optimizer;
}
