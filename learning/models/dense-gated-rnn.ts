// Gated RNN with a dense recurrence, the control of Zucchet et al. 2023: z = [x; 1]   h_t = A h_{t−1} + (W_m^in z_t) ⊙ (W_x^in z_t)
//                                                                       y_t = D ((W_m^out h_t) ⊙ (W_x^out h_t))
// x: [T, d]   z: [T, d + 1]   h: [T, n]   W^in: [n, d + 1]   A: [n, n]   W^out: [p, n]   D: [o, p]
//
// Every diagonal recurrence is one of these; A begins orthogonal, so that nothing is forgotten at first.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { square, weight, type ParameterSpecification } from '../parameters.js';
import { defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('dense-gated-rnn').describe('the gated RNN of Zucchet et al. 2023 with a dense recurrence'),
  hidden: z.int().min(1).max(4096).default(80).describe('recurrent neurons of a layer'),
  outputNeurons: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('products of the output gate before the readout; null: as many as hidden'),
  ...stackOptions,
});
type Options = z.output<typeof schema>;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden, initialGain } = options;
  const products = options.outputNeurons ?? hidden;
  return [
    weight(`${prefix}.inputGate.m`, hidden, inputs + 1, initialGain),
    weight(`${prefix}.inputGate.x`, hidden, inputs + 1, initialGain),
    square(`${prefix}.recurrence`, hidden),
    weight(`${prefix}.outputGate.m`, products, hidden, initialGain),
    weight(`${prefix}.outputGate.x`, products, hidden, initialGain),
    weight(`${prefix}.readout`, outputs, products, initialGain),
  ];
}

function applyLayer({ prefix, builder, parameter, input, positions }: LayerContext): Value {
  const z = builder.concatenate([input, builder.expand(1, input.rows, 1)], 'columns');
  const gated = builder.multiply(
    builder.matmul(z, parameter(`${prefix}.inputGate.m`)),
    builder.matmul(z, parameter(`${prefix}.inputGate.x`)),
  );
  const hidden = builder.region((region) => {
    const previous = region.prev(gated.rows, gated.columns);
    const next = builder.add(gated, builder.matmul(previous, parameter(`${prefix}.recurrence`)));
    region.set(previous, next);
    return next;
  });
  const read = positions === 'last' ? builder.row(hidden, hidden.rows - 1) : hidden;
  const products = builder.multiply(
    builder.matmul(read, parameter(`${prefix}.outputGate.m`)),
    builder.matmul(read, parameter(`${prefix}.outputGate.x`)),
  );
  return builder.matmul(products, parameter(`${prefix}.readout`));
}

/** The dense control of Eq. 2. */
export const denseGatedRnn = defineModel({
  name: 'dense-gated-rnn',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
