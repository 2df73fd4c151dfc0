// Gated RNN over a sliding window, after GRIL (Sushma et al. 2024): w_t = [x_t; x_{t−1}; … x_{t−m+1}]
//   h_t = λ ⊙ h_{t−1} + (W_m^in w_t) ⊙ (W_x^in w_t)   y_t = D ((W_h h_t) ⊙ (W_x w_t))   λ = exp(−exp ν)
// x: [T, d]   w: [T, m d]   h: [T, n]   W^in: [n, m d]   ν: [1, n]   W_h: [p, n]   W_x: [p, m d]   D: [o, p]
//
// A diagonal recurrence, a multiplicative readout and a short window: products of neighboring tokens reach the memory, so it takes a step of
// gradient descent also where x and y come as tokens of their own.

import { z } from 'zod';
import { defineModel } from './model.js';
import { applySideGated, sideGatedOptions, sideGatedParameters } from './side-gated-rnn.js';
import { applyStack, stackOptions, stackParameters, type LayerContext } from './stack.js';

const schema = z.strictObject({
  name: z.literal('windowed-gated-rnn').describe('side-gated RNN over a sliding window of tokens, after GRIL'),
  ...sideGatedOptions,
  window: z.int().min(1).max(16).default(2).describe('tokens that a layer sees at once'),
  ...stackOptions,
});

/** A layer whose input is every token with those before it: [T, m d]. */
function throughWindow(layer: LayerContext, window: number): LayerContext {
  const { builder, input, inputs } = layer;
  const tokens = Array.from({ length: window }, (_, age) => builder.shift(input, age));
  return { ...layer, inputs: window * inputs, input: builder.concatenate(tokens, 'columns') };
}

/** The side-gated RNN that sees a window of tokens. */
export const windowedGatedRnn = defineModel({
  name: 'windowed-gated-rnn',
  schema,
  parameters: (options, shape) =>
    stackParameters(options, shape, (layer) => sideGatedParameters(options, { ...layer, inputs: options.window * layer.inputs })),
  apply: (options, context) =>
    applyStack(options, context, (layer) => applySideGated(options, throughWindow(layer, options.window))),
});
