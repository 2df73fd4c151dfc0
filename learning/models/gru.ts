// GRU (the conventions of flax): r, z = σ(W_x x_t + b + W_h h_{t−1})   n = tanh(W_x x_t + b + r ⊙ (W_h h_{t−1} + b_h))
//                                h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}   y_t = D h_t
// x: [T, d]   h: [T, n]   W_x: [n, d]   W_h: [n, n]   b, b_h: [1, n]   D: [o, n]
//
// What depends on the input alone is one matmul over all of time; the region holds the recurrence.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { bias, square, weight, type ParameterSpecification } from '../parameters.js';
import { applyCells, cellOptions, cellParameters } from './cells.js';
import { defineModel, type ModelContext } from './model.js';

const gates = ['reset', 'update', 'candidate'] as const;
type Gate = (typeof gates)[number];

const schema = z.strictObject({
  name: z.literal('gru').describe('gated recurrent unit with a linear readout'),
  ...cellOptions,
});

function layerParameters(prefix: string, hidden: number, inputs: number): readonly ParameterSpecification[] {
  const gateParameters = gates.flatMap((gate) => [
    weight(`${prefix}.${gate}.x`, hidden, inputs),
    square(`${prefix}.${gate}.h`, hidden),
    bias(`${prefix}.${gate}.bias`, hidden),
  ]);
  return [...gateParameters, bias(`${prefix}.candidate.h.bias`, hidden)];
}

/** Hidden states [T, n] of one layer. */
function applyLayer({ builder, parameter }: ModelContext, prefix: string, input: Value): Value {
  const fromInput = (gate: Gate): Value =>
    builder.add(builder.matmul(input, parameter(`${prefix}.${gate}.x`)), parameter(`${prefix}.${gate}.bias`));
  const [reset, update, candidate] = [fromInput('reset'), fromInput('update'), fromInput('candidate')];
  return builder.region((region) => {
    const hidden = region.prev(input.rows, reset.columns);
    const fromHidden = (gate: Gate): Value => builder.matmul(hidden, parameter(`${prefix}.${gate}.h`));
    const r = builder.sigmoid(builder.add(reset, fromHidden('reset')));
    const z = builder.sigmoid(builder.add(update, fromHidden('update')));
    const remembered = builder.add(fromHidden('candidate'), parameter(`${prefix}.candidate.h.bias`));
    const n = builder.tanh(builder.add(candidate, builder.multiply(r, remembered)));
    const next = builder.add(builder.multiply(builder.subtract(1, z), n), builder.multiply(z, hidden));
    region.set(hidden, next);
    return next;
  });
}

/** One or more GRU layers and a linear readout. */
export const gru = defineModel({
  name: 'gru',
  schema,
  parameters: (options, shape) => cellParameters(options, shape, layerParameters),
  apply: (options, context) => applyCells(options, context, applyLayer),
});
