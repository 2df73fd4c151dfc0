// LRU (Orvieto et al. 2023): h_t = λ ⊙ h_{t−1} + γ ⊙ (B u_t)   λ = exp(−exp ν + i exp θ)   v_t = Re(C h_t) + D ⊙ u_t
// then a feedforward part:   GLU: y = (W_m v) ⊙ σ(W_x v)    MLP: y = W_2 max(W_1 v, 0)    side: y = (W_m v) ⊙ (W_x u)
// u: [T, d]   h, B, C complex   ν, θ, log γ: [1, n]   B: [n, d]   C: [d, n]   D: [1, d]   W: [o, d]
//
// γ begins at √(1 − |λ|²), which keeps the state's variance at that of its input. An input GLU, where wanted, stands before B.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { weight, type ParameterSpecification } from '../parameters.js';
import { relu } from './activations.js';
import { decayOption, decayParameter } from './decay.js';
import { gateParameters } from './gates.js';
import { atPositions, defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('lru').describe('linear recurrent unit: a complex diagonal recurrence and a feedforward part'),
  hidden: z.int().min(1).max(4096).default(64).describe('complex recurrent neurons of a layer'),
  phase: z
    .number()
    .positive()
    .max(2 * Math.PI)
    .default(2 * Math.PI)
    .describe('initial phases of λ are uniform between 0 and this'),
  feedforward: z.enum(['glu', 'mlp', 'side']).default('glu').describe('what follows the recurrence'),
  inputGlu: z.boolean().default(false).describe('whether the input of the recurrence goes through a GLU'),
  mlpNeurons: z.int().min(1).max(4096).nullable().default(null).describe("neurons of the MLP; null: twice its input's size"),
  decay: decayOption,
  ...stackOptions,
});
type Options = z.output<typeof schema>;

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { hidden, initialGain: gain, feedforward } = options;
  const nu = `${prefix}.nu`;
  const perNeuron = { rows: 1, columns: hidden, group: 'undecayed' } as const;
  const neurons = options.mlpNeurons ?? 2 * inputs;
  const half = Math.SQRT1_2;
  return [
    ...(options.inputGlu ? gateParameters(`${prefix}.inputGlu`, inputs, inputs, gain) : []),
    decayParameter(nu, hidden, options.decay),
    { name: `${prefix}.theta`, ...perNeuron, initialization: { type: 'phase', maximum: options.phase } },
    { name: `${prefix}.gamma`, ...perNeuron, initialization: { type: 'normalizer', decay: nu } },
    // The variance of a complex number is shared by its two parts.
    weight(`${prefix}.input.real`, hidden, inputs, half),
    weight(`${prefix}.input.imaginary`, hidden, inputs, half),
    weight(`${prefix}.output.real`, inputs, hidden),
    weight(`${prefix}.output.imaginary`, inputs, hidden),
    {
      name: `${prefix}.direct`,
      rows: 1,
      columns: inputs,
      group: 'decayed',
      initialization: { type: 'normal', standardDeviation: 1 },
    },
    ...(feedforward === 'mlp'
      ? [weight(`${prefix}.mlp.first`, neurons, inputs, gain), weight(`${prefix}.mlp.second`, outputs, neurons, gain)]
      : gateParameters(`${prefix}.${feedforward}`, outputs, inputs, gain)),
  ];
}

/** (W_m x) ⊙ σ(W_x x). */
function glu({ builder, parameter }: LayerContext, prefix: string, x: Value): Value {
  const gate = builder.sigmoid(builder.matmul(x, parameter(`${prefix}.x`)));
  return builder.multiply(builder.matmul(x, parameter(`${prefix}.m`)), gate);
}

/** Real and imaginary part of h_t = λ ⊙ h_{t−1} + input_t. */
function scanComplex(builder: ProgramBuilder, lambda: readonly [Value, Value], input: readonly [Value, Value]): [Value, Value] {
  const [a, b] = lambda;
  const { rows, columns } = input[0];
  return builder.region((region) => {
    const [real, imaginary] = [region.prev(rows, columns), region.prev(rows, columns)];
    const turnedReal = builder.subtract(builder.multiply(real, a), builder.multiply(imaginary, b));
    const turnedImaginary = builder.add(builder.multiply(imaginary, a), builder.multiply(real, b));
    const next: [Value, Value] = [builder.add(turnedReal, input[0]), builder.add(turnedImaginary, input[1])];
    region.set(real, next[0]);
    region.set(imaginary, next[1]);
    return next;
  });
}

/** v: [T, d], or [1, d] where only the last output is wanted. */
function applyRecurrence({ prefix, builder, parameter, positions }: LayerContext, u: Value): Value {
  const modulus = builder.exp(builder.negate(builder.exp(parameter(`${prefix}.nu`))));
  const phase = builder.exp(parameter(`${prefix}.theta`));
  const gamma = builder.exp(parameter(`${prefix}.gamma`));
  const part = (name: string): Value => builder.multiply(builder.matmul(u, parameter(`${prefix}.input.${name}`)), gamma);
  const lambda = [builder.multiply(modulus, builder.cos(phase)), builder.multiply(modulus, builder.sin(phase))] as const;
  const last = (x: Value): Value => atPositions(builder, x, positions);
  const [real, imaginary] = scanComplex(builder, lambda, [part('real'), part('imaginary')]).map(last) as [Value, Value];
  const read = builder.subtract(
    builder.matmul(real, parameter(`${prefix}.output.real`)),
    builder.matmul(imaginary, parameter(`${prefix}.output.imaginary`)),
  );
  return builder.add(read, builder.multiply(last(u), parameter(`${prefix}.direct`)));
}

function applyLayer({ inputGlu, feedforward }: Options, layer: LayerContext): Value {
  const { prefix, builder, parameter, input, positions } = layer;
  const u = inputGlu ? glu(layer, `${prefix}.inputGlu`, input) : input;
  const v = applyRecurrence(layer, u);
  switch (feedforward) {
    case 'glu':
      return glu(layer, `${prefix}.glu`, v);
    case 'mlp':
      return builder.matmul(
        relu(builder, builder.matmul(v, parameter(`${prefix}.mlp.first`))),
        parameter(`${prefix}.mlp.second`),
      );
    case 'side': {
      const side = atPositions(builder, input, positions);
      return builder.multiply(
        builder.matmul(v, parameter(`${prefix}.side.m`)),
        builder.matmul(side, parameter(`${prefix}.side.x`)),
      );
    }
  }
}

/** One or more LRU blocks. */
export const lru = defineModel({
  name: 'lru',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, (layer) => applyLayer(options, layer)),
});
