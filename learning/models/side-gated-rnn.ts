// Side-gated RNN (Zucchet et al. 2023): h_t = λ ⊙ h_{t−1} + (W_m^in x_t) ⊙ (W_x^in x_t)   y_t = D ((W_h h_t) ⊙ (W_x x_t))
// x: [T, d]   h: [T, n]   W^in: [n, d]   ν: [1, n]   W_h: [p, n]   W_x: [p, d]   D: [o, p]
//
// The output gate reads the current input, so a query need not pass through the recurrence and no constant is appended.
// Without output neurons W_h is the identity and p = n.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { applyDecay, decayOption, decayParameter } from './decay.js';
import { defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('side-gated-rnn').describe('the gated RNN whose output gate reads the current input'),
  hidden: z.int().min(1).max(4096).default(80).describe('recurrent neurons of a layer'),
  outputNeurons: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('products of the output gate before the readout; null: the hidden neurons themselves'),
  decay: decayOption,
  ...stackOptions,
});
type Options = z.output<typeof schema>;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden, outputNeurons } = options;
  const products = outputNeurons ?? hidden;
  return [
    weight(`${prefix}.inputGate.m`, hidden, inputs, options.initialGain),
    weight(`${prefix}.inputGate.x`, hidden, inputs, options.initialGain),
    decayParameter(`${prefix}.nu`, hidden, options.decay),
    ...(outputNeurons === null ? [] : [weight(`${prefix}.sideGate.h`, outputNeurons, hidden, options.initialGain)]),
    weight(`${prefix}.sideGate.x`, products, inputs, options.initialGain),
    weight(`${prefix}.readout`, outputs, products, options.initialGain),
  ];
}

function applyLayer(options: Options, { prefix, builder, parameter, input, positions }: LayerContext): Value {
  const gated = builder.multiply(
    builder.matmul(input, parameter(`${prefix}.inputGate.m`)),
    builder.matmul(input, parameter(`${prefix}.inputGate.x`)),
  );
  const hidden = applyDecay(builder, parameter(`${prefix}.nu`), gated);
  const wanted = (value: Value): Value => (positions === 'last' ? builder.row(value, value.rows - 1) : value);
  const read =
    options.outputNeurons === null ? wanted(hidden) : builder.matmul(wanted(hidden), parameter(`${prefix}.sideGate.h`));
  const products = builder.multiply(read, builder.matmul(wanted(input), parameter(`${prefix}.sideGate.x`)));
  return builder.matmul(products, parameter(`${prefix}.readout`));
}

/** The variant whose output gate multiplies by a function of the current input. */
export const sideGatedRnn = defineModel({
  name: 'side-gated-rnn',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, (layer) => applyLayer(options, layer)),
});
