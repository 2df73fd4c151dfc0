// Stacks: x_0 = E tokens   u_l = C_l(N_l(x_l))   x_{l+1} = layer_l(u_l) [+ x_l]   output = x_L, or R x_L
//
// Embedding E, normalization N, short convolution C, skip connection and readout R are all optional, and alike for every model, so that
// models are compared by their layers alone.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { applyConvolution, convolutionParameters } from './convolution.js';
import { applyNormalization, normalizationParameters } from './normalization.js';
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
  readout: z
    .boolean()
    .default(false)
    .describe('whether a linear readout follows the last layer, which then is as wide as the others'),
  normalization: z
    .enum(['none', 'layer'])
    .default('none')
    .describe("layer: a layer's input has mean 0 and variance 1 over its units, then a learned scale and shift"),
  skip: z.boolean().default(false).describe('whether a layer that is as wide as its input adds to it'),
  convolution: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('tokens that a causal convolution before each layer mixes, unit by unit; 1: none'),
  initialGain: z
    .number()
    .positive()
    .max(100)
    .default(0.5)
    .describe('factor of the initial weights, whose variance is otherwise 1 / inputs'),
};

/** The options of a stack. */
export interface StackOptions {
  readonly initialGain: number;
  readonly layers: number;
  readonly embedding: number | null;
  readonly width: number | null;
  readonly readout: boolean;
  readonly normalization: 'none' | 'layer';
  readonly skip: boolean;
  readonly convolution: number;
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
    outputs: index === options.layers - 1 && !options.readout ? outputDimension : inner,
  }));
}

/** Parameters of the embedding, of every layer and of what stands around it, and of the readout. */
export function stackParameters(
  options: StackOptions,
  shape: ModelShape,
  layer: (shape: LayerShape) => readonly ParameterSpecification[],
): readonly ParameterSpecification[] {
  const shapes = layerShapes(options, shape);
  const last = shapes.at(-1)?.outputs ?? shape.inputDimension;
  return [
    ...(options.embedding === null ? [] : [weight('embedding', options.embedding, shape.inputDimension)]),
    ...shapes.flatMap((one) => [
      ...(options.normalization === 'none' ? [] : normalizationParameters(one.prefix, one.inputs)),
      ...(options.convolution === 1 ? [] : convolutionParameters(one.prefix, one.inputs, options.convolution)),
      ...layer(one),
    ]),
    ...(options.readout ? [weight('readout', shape.outputDimension, last)] : []),
  ];
}

/** Embedding, layers in turn, readout; all but the last layer give an output at every token. */
export function applyStack(options: StackOptions, context: ModelContext, layer: (context: LayerContext) => Value): Value {
  const { builder, parameter, tokens, positions, outputDimension } = context;
  const shapes = layerShapes(options, { inputDimension: tokens.columns, outputDimension });
  let state = options.embedding === null ? tokens : builder.matmul(tokens, parameter('embedding'));
  for (const [index, shape] of shapes.entries()) {
    const wanted = index === shapes.length - 1 ? positions : 'all';
    const input = prepare(options, { builder, parameter }, { prefix: shape.prefix, state });
    const output = layer({ ...shape, builder, parameter, input, positions: wanted });
    const kept = wanted === 'last' ? builder.row(state, state.rows - 1) : state;
    state = options.skip && shape.inputs === shape.outputs ? builder.add(kept, output) : output;
  }
  return options.readout ? builder.matmul(state, parameter('readout')) : state;
}

/** A layer's input: normalized and mixed over neighboring tokens, where that is wanted. */
function prepare(
  { normalization, convolution }: StackOptions,
  context: Pick<ModelContext, 'builder' | 'parameter'>,
  { prefix, state }: { readonly prefix: string; readonly state: Value },
): Value {
  const normal = normalization === 'none' ? state : applyNormalization(context, prefix, state);
  return convolution === 1 ? normal : applyConvolution(context, { prefix, input: normal, taps: convolution });
}
