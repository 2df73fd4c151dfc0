// LSTM (the conventions of flax): i, f, o = σ(W_x x_t + W_h h_{t−1} + b)   g = tanh(W_x x_t + W_h h_{t−1} + b)
//                                 c_t = f ⊙ c_{t−1} + i ⊙ g   h_t = o ⊙ tanh(c_t)   y_t = D h_t
// x: [T, d]   h, c: [T, n]   W_x: [n, d]   W_h: [n, n]   b: [1, n]   D: [o, n]
//
// What depends on the input alone is one matmul over all of time; the region holds the recurrence.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { bias, square, weight, type ParameterSpecification } from '../parameters.js';
import { applyCells, cellOptions, cellParameters } from './cells.js';
import { defineModel, type ModelContext } from './model.js';

const gates = ['input', 'forget', 'output', 'candidate'] as const;
type Gate = (typeof gates)[number];

const schema = z.strictObject({
  name: z.literal('lstm').describe('long short-term memory with a linear readout'),
  ...cellOptions,
});

function layerParameters(prefix: string, hidden: number, inputs: number): readonly ParameterSpecification[] {
  return gates.flatMap((gate) => [
    weight(`${prefix}.${gate}.x`, hidden, inputs),
    square(`${prefix}.${gate}.h`, hidden),
    bias(`${prefix}.${gate}.bias`, hidden),
  ]);
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

/** One or more LSTM layers and a linear readout. */
export const lstm = defineModel({
  name: 'lstm',
  schema,
  parameters: (options, shape) => cellParameters(options, shape, layerParameters),
  apply: (options, context) => applyCells(options, context, applyLayer),
});
