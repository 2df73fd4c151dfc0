// What LSTM and GRU share: an optional embedding, layers fed by the hidden state of the one before, and a linear readout y_t = D h_t.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { atPositions, type ModelContext, type ModelShape } from './model.js';

/** Options of a model that is made of cells. */
export const cellOptions = {
  hidden: z.int().min(1).max(4096).default(64).describe('hidden units of a layer'),
  layers: z.int().min(1).max(16).default(1).describe('layers, each fed by the hidden state of the one before'),
  embedding: z.int().min(1).max(4096).nullable().default(null).describe('size of a linear embedding of the tokens; null: none'),
};

interface CellOptions {
  readonly hidden: number;
  readonly layers: number;
  readonly embedding: number | null;
}

/** Embedding, layers and readout; `layer` gives those of one layer with so many inputs. */
export function cellParameters(
  { hidden, layers, embedding }: CellOptions,
  { inputDimension, outputDimension }: ModelShape,
  layer: (prefix: string, hidden: number, inputs: number) => readonly ParameterSpecification[],
): readonly ParameterSpecification[] {
  const first = embedding ?? inputDimension;
  return [
    ...(embedding === null ? [] : [weight('embedding', embedding, inputDimension)]),
    ...Array.from({ length: layers }, (_, index) => layer(`layer${index}`, hidden, index === 0 ? first : hidden)).flat(),
    weight('readout', outputDimension, hidden),
  ];
}

/** Runs the layers, each of which gives hidden states [T, n], and reads the last one out. */
export function applyCells(
  { layers, embedding }: CellOptions,
  context: ModelContext,
  layer: (context: ModelContext, prefix: string, input: Value) => Value,
): Value {
  const { builder, parameter, tokens, positions } = context;
  let hidden = embedding === null ? tokens : builder.matmul(tokens, parameter('embedding'));
  for (let index = 0; index < layers; index += 1) hidden = layer(context, `layer${index}`, hidden);
  return builder.matmul(atPositions(builder, hidden, positions), parameter('readout'));
}
