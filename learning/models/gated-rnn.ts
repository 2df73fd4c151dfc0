// Gated RNN (Zucchet et al. 2023, Eq. 2): z = [x; 1]   h_t = λ ⊙ h_{t−1} + (W_m^in z_t) ⊙ (W_x^in z_t)   λ = exp(−exp ν)
//                                         y_t = D ((W_m^out h_t) ⊙ (W_x^out h_t))
// x: [T, d]   z: [T, d + 1]   h: [T, n]   W^in: [n, d + 1]   ν: [1, n]   W^out: [p, n]   D: [o, p]
//
// No sigmoid and no bias: through the constant 1 a query can reach the recurrent neurons, and both factors of the output gate
// read the hidden state. Where only the last output is wanted, nothing after the recurrence is computed for other tokens.

import { z } from 'zod';
import { applyDecay, decayOption, decayParameter } from './decay.js';
import { applyEq2, eq2Parameters, gatedOptions } from './gates.js';
import { defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters } from './stack.js';

const schema = z.strictObject({
  name: z.literal('gated-rnn').describe('the gated RNN of Zucchet et al. 2023, Eq. 2'),
  ...gatedOptions,
  decay: decayOption,
  ...stackOptions,
});

/** Eq. 2, with input and output gating. */
export const gatedRnn = defineModel({
  name: 'gated-rnn',
  schema,
  parameters: (options, shape) =>
    stackParameters(options, shape, (layer) =>
      eq2Parameters(options, layer, decayParameter(`${layer.prefix}.nu`, options.hidden, options.decay)),
    ),
  apply: (options, context) =>
    applyStack(options, context, (layer) =>
      applyEq2(layer, (gated) => applyDecay(layer.builder, layer.parameter(`${layer.prefix}.nu`), gated)),
    ),
});
