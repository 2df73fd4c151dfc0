// Gated RNN with a dense recurrence, the control of Zucchet et al. 2023: z = [x; 1]   h_t = A h_{t−1} + (W_m^in z_t) ⊙ (W_x^in z_t)
//                                                                       y_t = D ((W_m^out h_t) ⊙ (W_x^out h_t))
// x: [T, d]   z: [T, d + 1]   h: [T, n]   W^in: [n, d + 1]   A: [n, n]   W^out: [p, n]   D: [o, p]
//
// Every diagonal recurrence is one of these; A begins orthogonal, so that nothing is forgotten at first.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { square } from '../parameters.js';
import { applyEq2, eq2Parameters, gatedOptions } from './gates.js';
import { defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext } from './stack.js';

const schema = z.strictObject({
  name: z.literal('dense-gated-rnn').describe('the gated RNN of Zucchet et al. 2023 with a dense recurrence'),
  ...gatedOptions,
  ...stackOptions,
});

/** h_t = A h_{t−1} + gated_t. */
function applyDense({ prefix, builder, parameter }: LayerContext, gated: Value): Value {
  return builder.region((region) => {
    const previous = region.prev(gated.rows, gated.columns);
    const next = builder.add(gated, builder.matmul(previous, parameter(`${prefix}.recurrence`)));
    region.set(previous, next);
    return next;
  });
}

/** The dense control of Eq. 2. */
export const denseGatedRnn = defineModel({
  name: 'dense-gated-rnn',
  schema,
  parameters: (options, shape) =>
    stackParameters(options, shape, (layer) =>
      eq2Parameters(options, layer, square(`${layer.prefix}.recurrence`, options.hidden)),
    ),
  apply: (options, context) => applyStack(options, context, (layer) => applyEq2(layer, (gated) => applyDense(layer, gated))),
});
