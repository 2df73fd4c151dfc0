// What gated RNNs share: their sizes, and gates that multiply two linear functions of one value, (W_m u) ⊙ (W_x u).
// u: [T, d]   W_m, W_x: [n, d], named NAME.m and NAME.x

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { atPositions } from './model.js';
import type { LayerContext, LayerShape } from './stack.js';

/** Sizes of a layer. */
export const gatedOptions = {
  hidden: z.int().min(1).max(4096).default(80).describe('recurrent neurons of a layer'),
  outputNeurons: z
    .int()
    .min(1)
    .max(4096)
    .nullable()
    .default(null)
    .describe('products of the output gate before the readout; null: as many as hidden'),
};

interface GatedOptions {
  readonly hidden: number;
  readonly outputNeurons: number | null;
  readonly initialGain: number;
}

/** The two weights of a gate. */
export function gateParameters(name: string, rows: number, columns: number, gain: number): readonly ParameterSpecification[] {
  return [weight(`${name}.m`, rows, columns, gain), weight(`${name}.x`, rows, columns, gain)];
}

/** (W_m u) ⊙ (W_x u). */
export function applyGate({ builder, parameter }: LayerContext, name: string, u: Value): Value {
  return builder.multiply(builder.matmul(u, parameter(`${name}.m`)), builder.matmul(u, parameter(`${name}.x`)));
}

/** The input gate of Eq. 2, the recurrence's own parameters, its output gate and the readout. */
export function eq2Parameters(
  { hidden, outputNeurons, initialGain }: GatedOptions,
  { prefix, inputs, outputs }: LayerShape,
  recurrence: ParameterSpecification,
): readonly ParameterSpecification[] {
  const products = outputNeurons ?? hidden;
  return [
    ...gateParameters(`${prefix}.inputGate`, hidden, inputs + 1, initialGain),
    recurrence,
    ...gateParameters(`${prefix}.outputGate`, products, hidden, initialGain),
    weight(`${prefix}.readout`, outputs, products, initialGain),
  ];
}

/** D ((W_m^out h) ⊙ (W_x^out h)) with h the recurrence of the gated input (W_m^in z) ⊙ (W_x^in z), z = [x; 1]. */
export function applyEq2(layer: LayerContext, recurrence: (gated: Value) => Value): Value {
  const { prefix, builder, parameter, input, positions } = layer;
  const z = builder.concatenate([input, builder.expand(1, input.rows, 1)], 'columns');
  const hidden = recurrence(applyGate(layer, `${prefix}.inputGate`, z));
  const products = applyGate(layer, `${prefix}.outputGate`, atPositions(builder, hidden, positions));
  return builder.matmul(products, parameter(`${prefix}.readout`));
}
