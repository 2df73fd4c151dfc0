// Side-gated RNN (Zucchet et al. 2023): h_t = λ ⊙ h_{t−1} + (W_m^in x_t) ⊙ (W_x^in x_t)   y_t = D ((W_h h_t) ⊙ (W_x x_t))
// x: [T, d]   h: [T, n]   W^in: [n, d]   ν: [1, n]   W_h: [p, n]   W_x: [p, d]   D: [o, p]
//
// The output gate reads the current input, so a query need not pass through the recurrence and no constant is appended.
// Without output neurons W_h is the identity and p = n.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { applyDecay, decayOption, decayParameter } from './decay.js';
import { applyGate, gatedOptions, gateParameters } from './gates.js';
import { atPositions, defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

/** Options of a side-gated layer. */
export const sideGatedOptions = {
  hidden: gatedOptions.hidden,
  outputNeurons: gatedOptions.outputNeurons.describe(
    'products of the output gate before the readout; null: the hidden neurons themselves',
  ),
  decay: decayOption,
};
interface SideGatedOptions {
  readonly hidden: number;
  readonly outputNeurons: number | null;
  readonly decay: z.output<typeof decayOption>;
  readonly initialGain: number;
}

const schema = z.strictObject({
  name: z.literal('side-gated-rnn').describe('the gated RNN whose output gate reads the current input'),
  ...sideGatedOptions,
  ...stackOptions,
});

/** W_m^in, W_x^in, ν, W_h where there are output neurons, W_x, D. */
export function sideGatedParameters(
  options: SideGatedOptions,
  { prefix, inputs, outputs }: LayerShape,
): readonly ParameterSpecification[] {
  const { hidden, outputNeurons } = options;
  const products = outputNeurons ?? hidden;
  return [
    ...gateParameters(`${prefix}.inputGate`, hidden, inputs, options.initialGain),
    decayParameter(`${prefix}.nu`, hidden, options.decay),
    ...(outputNeurons === null ? [] : [weight(`${prefix}.sideGate.h`, outputNeurons, hidden, options.initialGain)]),
    weight(`${prefix}.sideGate.x`, products, inputs, options.initialGain),
    weight(`${prefix}.readout`, outputs, products, options.initialGain),
  ];
}

/** h_t = λ ⊙ h_{t−1} + (W_m^in x_t) ⊙ (W_x^in x_t), then D ((W_h h_t) ⊙ (W_x x_t)). */
export function applySideGated({ outputNeurons }: SideGatedOptions, layer: LayerContext): Value {
  const { prefix, builder, parameter, input, positions } = layer;
  const hidden = applyDecay(builder, parameter(`${prefix}.nu`), applyGate(layer, `${prefix}.inputGate`, input));
  const wanted = (x: Value): Value => atPositions(builder, x, positions);
  const read = outputNeurons === null ? wanted(hidden) : builder.matmul(wanted(hidden), parameter(`${prefix}.sideGate.h`));
  const products = builder.multiply(read, builder.matmul(wanted(input), parameter(`${prefix}.sideGate.x`)));
  return builder.matmul(products, parameter(`${prefix}.readout`));
}

/** The variant whose output gate multiplies by a function of the current input. */
export const sideGatedRnn = defineModel({
  name: 'side-gated-rnn',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => sideGatedParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, (layer) => applySideGated(options, layer)),
});
