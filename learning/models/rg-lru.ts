// RG-LRU (De et al. 2024, Griffin): h_t = a_t ⊙ h_{t−1} + √(1 − a_t²) ⊙ i_t ⊙ u_t   a_t = λ^{r_t}   r_t, i_t = σ(W x_t + b)
//                                   y_t = W_O (h_t ⊙ silu(W_s x_t))   u_t = W_u x_t   λ = exp(−exp ν)
// x: [T, d]   u, h, a, r, i: [T, n]   W: [n, d]   ν, b: [1, n]   W_O: [o, n]
//
// A real diagonal recurrence whose decay and input are gated by the input. λ is the decay of an open gate (r = 1); Griffin writes it
// as σ(Λ)^8, which is the same family.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { bias, weight, type ParameterSpecification } from '../parameters.js';
import { silu } from './activations.js';
import { decayOption, decayParameter } from './decay.js';
import { atPositions, defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('rg-lru').describe('real-gated linear recurrent unit of Griffin'),
  hidden: z.int().min(1).max(4096).default(64).describe('recurrent neurons of a layer'),
  decay: decayOption,
  ...stackOptions,
});
type Options = z.output<typeof schema>;

/** 1 − a² is no smaller than this, so that its root has a slope. */
const leastVariance = 1e-6;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden, initialGain } = options;
  return [
    weight(`${prefix}.input`, hidden, inputs, initialGain),
    ...['recurrenceGate', 'inputGate'].flatMap((gate) => [
      weight(`${prefix}.${gate}`, hidden, inputs, initialGain),
      bias(`${prefix}.${gate}.bias`, hidden),
    ]),
    decayParameter(`${prefix}.nu`, hidden, options.decay),
    weight(`${prefix}.sideGate`, hidden, inputs, initialGain),
    weight(`${prefix}.readout`, outputs, hidden, initialGain),
  ];
}

function applyLayer({ prefix, builder, parameter, input, positions }: LayerContext): Value {
  const gate = (name: string): Value =>
    builder.sigmoid(builder.add(builder.matmul(input, parameter(`${prefix}.${name}`)), parameter(`${prefix}.${name}.bias`)));
  // log a_t = r_t log λ
  const logDecay = builder.multiply(gate('recurrenceGate'), builder.negate(builder.exp(parameter(`${prefix}.nu`))));
  const variance = builder.subtract(1, builder.exp(builder.multiply(logDecay, 2)));
  const scale = builder.sqrt(builder.maximum(variance, leastVariance));
  const written = builder.multiply(
    builder.matmul(input, parameter(`${prefix}.input`)),
    builder.multiply(gate('inputGate'), scale),
  );
  const hidden = builder.scan(builder.exp(logDecay), written);
  const wanted = (x: Value): Value => atPositions(builder, x, positions);
  const side = silu(builder, builder.matmul(wanted(input), parameter(`${prefix}.sideGate`)));
  return builder.matmul(builder.multiply(wanted(hidden), side), parameter(`${prefix}.readout`));
}

/** One or more RG-LRU layers. */
export const rgLru = defineModel({
  name: 'rg-lru',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
