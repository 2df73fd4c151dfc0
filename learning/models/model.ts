// A model: named parameters and a function from tokens to outputs, for one sequence.

import type { ProgramBuilder, Value } from '../../tensor/index.js';
import type { z } from 'zod';
import type { ParameterSpecification } from '../parameters.js';

/** Whether a task asks for an output at every token or at the last one only. */
export type OutputPositions = 'all' | 'last';

/** What a task asks of a model. */
export interface ModelShape {
  readonly inputDimension: number;
  readonly outputDimension: number;
}

/** What a model works with: tokens [T, inputDimension] become [T, outputDimension], or [1, outputDimension] for the last token. */
export interface ModelContext {
  readonly builder: ProgramBuilder;
  /** The value of a parameter, by its full name. */
  readonly parameter: (name: string) => Value;
  readonly tokens: Value;
  readonly positions: OutputPositions;
  readonly outputDimension: number;
}

/** Of values [T, u] those at the tokens at which an output is wanted: all, or the last one as [1, u]. */
export function atPositions(builder: ProgramBuilder, x: Value, positions: OutputPositions): Value {
  return positions === 'last' ? builder.row(x, x.rows - 1) : x;
}

/** A model whose options are known. */
export interface BoundModel {
  parameters(shape: ModelShape): readonly ParameterSpecification[];
  apply(context: ModelContext): Value;
}

/** A model as its author writes it. */
export interface ModelDefinition<Name extends string, Schema extends z.ZodObject> {
  readonly name: Name;
  /** Its options in the configuration: strict, with `name` as the discriminating literal. */
  readonly schema: Schema;
  parameters(options: z.output<Schema>, shape: ModelShape): readonly ParameterSpecification[];
  apply(options: z.output<Schema>, context: ModelContext): Value;
}

/** A model in the registry. */
export interface Model<Name extends string, Schema extends z.ZodObject> extends ModelDefinition<Name, Schema> {
  bind(options: z.output<Schema>): BoundModel;
}

/** Adds `bind` to a definition. */
export function defineModel<Name extends string, Schema extends z.ZodObject>(
  definition: ModelDefinition<Name, Schema>,
): Model<Name, Schema> {
  return {
    ...definition,
    bind: (options) => ({
      parameters: (shape) => definition.parameters(options, shape),
      apply: (context) => definition.apply(options, context),
    }),
  };
}
