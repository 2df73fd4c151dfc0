// Gated RNN over a sliding window, after GRIL (Sushma et al. 2024): w_t = [x_t; x_{t−1}; … x_{t−m+1}]
//   h_t = λ ⊙ h_{t−1} + (W_m^in w_t) ⊙ (W_x^in w_t)   y_t = D ((W_h h_t) ⊙ (W_x w_t))   λ = exp(−exp ν)
// x: [T, d]   w: [T, m d]   h: [T, n]   W^in: [n, m d]   ν: [1, n]   W_h: [p, n]   W_x: [p, m d]   D: [o, p]
//
// A diagonal recurrence, a multiplicative readout and a short window: products of neighboring tokens reach the memory, so it takes a step of
// gradient descent also where x and y come as tokens of their own.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { applyDecay, decayOption, decayParameter } from './decay.js';
import { defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('windowed-gated-rnn').describe('side-gated RNN over a sliding window of tokens, after GRIL'),
  hidden: z.int().min(1).max(4096).default(80).describe('recurrent neurons of a layer'),
  outputNeurons: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('products of the output gate; null: as many as hidden'),
  window: z.int().min(1).max(16).default(2).describe('tokens that a layer sees at once'),
  decay: decayOption,
  ...stackOptions,
});
type Options = z.output<typeof schema>;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden, window, initialGain } = options;
  const seen = window * inputs;
  const products = options.outputNeurons ?? hidden;
  return [
    weight(`${prefix}.inputGate.m`, hidden, seen, initialGain),
    weight(`${prefix}.inputGate.x`, hidden, seen, initialGain),
    decayParameter(`${prefix}.nu`, hidden, options.decay),
    weight(`${prefix}.sideGate.h`, products, hidden, initialGain),
    weight(`${prefix}.sideGate.x`, products, seen, initialGain),
    weight(`${prefix}.readout`, outputs, products, initialGain),
  ];
}

function applyLayer({ window }: Options, { prefix, builder, parameter, input, positions }: LayerContext): Value {
  const seen = builder.concatenate(
    Array.from({ length: window }, (_, age) => builder.shift(input, age)),
    'columns',
  );
  const gated = builder.multiply(
    builder.matmul(seen, parameter(`${prefix}.inputGate.m`)),
    builder.matmul(seen, parameter(`${prefix}.inputGate.x`)),
  );
  const hidden = applyDecay(builder, parameter(`${prefix}.nu`), gated);
  const wanted = (x: Value): Value => (positions === 'last' ? builder.row(x, x.rows - 1) : x);
  const products = builder.multiply(
    builder.matmul(wanted(hidden), parameter(`${prefix}.sideGate.h`)),
    builder.matmul(wanted(seen), parameter(`${prefix}.sideGate.x`)),
  );
  return builder.matmul(products, parameter(`${prefix}.readout`));
}

/** The side-gated RNN that sees a window of tokens. */
export const windowedGatedRnn = defineModel({
  name: 'windowed-gated-rnn',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, (layer) => applyLayer(options, layer)),
});
