// Stacks: an optional linear embedding, then layers whose outputs feed each other. No normalization, no skip connection.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import type { ModelContext, ModelShape, OutputPositions } from './model.js';

/** Options of every model that is made of layers. */
export const stackOptions = {
  layers: z.int().min(1).max(16).default(1).describe('layers, each fed by the one before'),
  embedding: z.int().min(1).max(4096).nullable().default(null).describe('size of a linear embedding of the tokens; null: none'),
  width: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('size of what a layer hands to the next; null: the size of its own input'),
  initialGain: z
    .number()
    .positive()
    .max(100)
    .default(0.5)
    .describe('factor of the initial weights, whose variance is otherwise 1 / inputs'),
};

interface StackOptions {
  readonly initialGain: number;
  readonly layers: number;
  readonly embedding: number | null;
  readonly width: number | null;
}

/** One layer of a stack: the prefix of its parameters' names and the sizes at its two ends. */
export interface LayerShape {
  readonly prefix: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** A layer's input, and at which tokens its output is wanted. */
export interface LayerContext extends LayerShape {
  readonly builder: ModelContext['builder'];
  readonly parameter: ModelContext['parameter'];
  readonly input: Value;
  readonly positions: OutputPositions;
}

/** The layers of a stack, first to last. */
export function layerShapes(options: StackOptions, { inputDimension, outputDimension }: ModelShape): readonly LayerShape[] {
  const first = options.embedding ?? inputDimension;
  const inner = options.width ?? first;
  return Array.from({ length: options.layers }, (_, index) => ({
    prefix: `layer${index}`,
    inputs: index === 0 ? first : inner,
    outputs: index === options.layers - 1 ? outputDimension : inner,
  }));
}

/** Parameters of the embedding and of every layer. */
export function stackParameters(
  options: StackOptions,
  shape: ModelShape,
  layer: (shape: LayerShape) => readonly ParameterSpecification[],
): readonly ParameterSpecification[] {
  const embedding = options.embedding === null ? [] : [weight('embedding', options.embedding, shape.inputDimension)];
  return [...embedding, ...layerShapes(options, shape).flatMap(layer)];
}

/** Embedding and layers in turn; all but the last layer give an output at every token. */
export function applyStack(options: StackOptions, context: ModelContext, layer: (context: LayerContext) => Value): Value {
  const { builder, parameter, tokens, positions, outputDimension } = context;
  const shapes = layerShapes(options, { inputDimension: tokens.columns, outputDimension });
  const embedded = options.embedding === null ? tokens : builder.matmul(tokens, parameter('embedding'));
  return shapes.reduce(
    (input, shape, index) =>
      layer({ ...shape, builder, parameter, input, positions: index === shapes.length - 1 ? positions : 'all' }),
    embedded,
  );
}
