// LSTM (the conventions of flax): i, f, o = σ(W_x x_t + W_h h_{t−1} + b)   g = tanh(W_x x_t + W_h h_{t−1} + b)
//                                 c_t = f ⊙ c_{t−1} + i ⊙ g   h_t = o ⊙ tanh(c_t)   y_t = D h_t
// x: [T, d]   h, c: [T, n]   W_x: [n, d]   W_h: [n, n]   b: [1, n]   D: [o, n]
//
// What depends on the input alone is one matmul over all of time; the region holds the recurrence.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { bias, weight, type ParameterSpecification } from '../parameters.js';
import { defineModel, type ModelContext, type ModelShape } from './model.js';

const gates = ['input', 'forget', 'output', 'candidate'] as const;
type Gate = (typeof gates)[number];

const schema = z.strictObject({
  name: z.literal('lstm').describe('long short-term memory with a linear readout'),
  hidden: z.int().min(1).max(4096).default(64).describe('hidden units of a layer'),
  layers: z.int().min(1).max(16).default(1).describe('layers, each fed by the hidden state of the one before'),
  embedding: z.int().min(1).max(4096).nullable().default(null).describe('size of a linear embedding of the tokens; null: none'),
});
type Options = z.output<typeof schema>;

function gateParameters(prefix: string, hidden: number, inputs: number): readonly ParameterSpecification[] {
  return gates.flatMap((gate) => [
    weight(`${prefix}.${gate}.x`, hidden, inputs),
    {
      ...{ name: `${prefix}.${gate}.h`, rows: hidden, columns: hidden, group: 'decayed' },
      initialization: { type: 'orthogonal' },
    } satisfies ParameterSpecification,
    bias(`${prefix}.${gate}.bias`, hidden),
  ]);
}

function parameters(options: Options, { inputDimension, outputDimension }: ModelShape): readonly ParameterSpecification[] {
  const { hidden, layers, embedding } = options;
  const first = embedding ?? inputDimension;
  return [
    ...(embedding === null ? [] : [weight('embedding', embedding, inputDimension)]),
    ...Array.from({ length: layers }, (_, index) => gateParameters(`layer${index}`, hidden, index === 0 ? first : hidden)).flat(),
    weight('readout', outputDimension, hidden),
  ];
}

/** Hidden states [T, n] of one layer. */
function applyLayer({ builder, parameter }: ModelContext, prefix: string, input: Value): Value {
  const fromInput = (gate: Gate): Value =>
    builder.add(builder.matmul(input, parameter(`${prefix}.${gate}.x`)), parameter(`${prefix}.${gate}.bias`));
  const inputs = {
    input: fromInput('input'),
    forget: fromInput('forget'),
    output: fromInput('output'),
    candidate: fromInput('candidate'),
  };
  const size = inputs.input.columns;
  return builder.region((region) => {
    const hidden = region.prev(input.rows, size);
    const cell = region.prev(input.rows, size);
    const activation = (gate: Gate): Value => builder.add(inputs[gate], builder.matmul(hidden, parameter(`${prefix}.${gate}.h`)));
    const candidate = builder.multiply(builder.sigmoid(activation('input')), builder.tanh(activation('candidate')));
    const nextCell = builder.add(builder.multiply(builder.sigmoid(activation('forget')), cell), candidate);
    const nextHidden = builder.multiply(builder.sigmoid(activation('output')), builder.tanh(nextCell));
    region.set(cell, nextCell);
    region.set(hidden, nextHidden);
    return nextHidden;
  });
}

function apply(options: Options, context: ModelContext): Value {
  const { builder, parameter, tokens, positions } = context;
  let hidden = options.embedding === null ? tokens : builder.matmul(tokens, parameter('embedding'));
  for (let index = 0; index < options.layers; index += 1) hidden = applyLayer(context, `layer${index}`, hidden);
  const read = positions === 'last' ? builder.row(hidden, hidden.rows - 1) : hidden;
  return builder.matmul(read, parameter('readout'));
}

/** One or more LSTM layers and a linear readout. */
export const lstm = defineModel({ name: 'lstm', schema, parameters, apply });
