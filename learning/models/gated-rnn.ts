// Gated RNN (Zucchet et al. 2023, Eq. 2): z = [x; 1]   h_t = λ ⊙ h_{t−1} + (W_m^in z_t) ⊙ (W_x^in z_t)   λ = exp(−exp ν)
//                                         y_t = D ((W_m^out h_t) ⊙ (W_x^out h_t))
// x: [T, d]   z: [T, d + 1]   h: [T, n]   W^in: [n, d + 1]   ν: [1, n]   W^out: [p, n]   D: [o, p]
//
// No sigmoid and no bias: through the constant 1 a query can reach the recurrent neurons, and both factors of the output gate
// read the hidden state. Where only the last output is wanted, nothing after the recurrence is computed for other tokens.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { defineModel } from './model.js';
import { applyDecay, decayOption, decayParameter } from './decay.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('gated-rnn').describe('the gated RNN of Zucchet et al. 2023, Eq. 2'),
  hidden: z.int().min(1).max(4096).default(80).describe('recurrent neurons of a layer'),
  outputNeurons: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('products of the output gate before the readout; null: as many as hidden'),
  decay: decayOption,
  ...stackOptions,
});
type Options = z.output<typeof schema>;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden } = options;
  const products = options.outputNeurons ?? hidden;
  return [
    weight(`${prefix}.inputGate.m`, hidden, inputs + 1, options.initialGain),
    weight(`${prefix}.inputGate.x`, hidden, inputs + 1, options.initialGain),
    decayParameter(`${prefix}.nu`, hidden, options.decay),
    weight(`${prefix}.outputGate.m`, products, hidden, options.initialGain),
    weight(`${prefix}.outputGate.x`, products, hidden, options.initialGain),
    weight(`${prefix}.readout`, outputs, products, options.initialGain),
  ];
}

function applyLayer({ prefix, builder, parameter, input, positions }: LayerContext): Value {
  const z = builder.concatenate([input, builder.expand(1, input.rows, 1)], 'columns');
  const gated = builder.multiply(
    builder.matmul(z, parameter(`${prefix}.inputGate.m`)),
    builder.matmul(z, parameter(`${prefix}.inputGate.x`)),
  );
  const hidden = applyDecay(builder, parameter(`${prefix}.nu`), gated);
  const read = positions === 'last' ? builder.row(hidden, hidden.rows - 1) : hidden;
  const products = builder.multiply(
    builder.matmul(read, parameter(`${prefix}.outputGate.m`)),
    builder.matmul(read, parameter(`${prefix}.outputGate.x`)),
  );
  return builder.matmul(products, parameter(`${prefix}.readout`));
}

/** Eq. 2, with input and output gating. */
export const gatedRnn = defineModel({
  name: 'gated-rnn',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
