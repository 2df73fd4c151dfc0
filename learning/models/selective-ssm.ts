// Selective state space layer (the core of Mamba, Gu & Dao 2023): h_t[n] = exp(Δ_t A_n) ⊙ h_{t−1}[n] + Δ_t ⊙ u_t B_t[n]   A_n = −exp a_n
//                                y_t = W_O (v_t ⊙ silu(W_s x_t))   v_t = Σ_n C_t[n] h_t[n] + D ⊙ u_t   Δ_t = softplus(W_Δ u_t + b)
// x: [T, d]   u = W_u x, v, Δ, h[n]: [T, c]   B, C: [T, N], linear in u   a_n, D, b: [1, c]   W_O: [o, c]
//
// N states for each of c channels; the step Δ, and what is written and read (B, C), depend on the input.

import { z } from 'zod';
import { log, onNumbers, type Value } from '../../tensor/index.js';
import { bias, weight, type ParameterSpecification } from '../parameters.js';
import { silu, softplus } from './activations.js';
import { columnsOf, combineRows } from './fast-weights.js';
import { atPositions, defineModel } from './model.js';
import { applyStack, stackOptions, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('selective-ssm').describe('selective state space layer, the core of Mamba'),
  channels: z.int().min(1).max(4096).default(32).describe('channels of a layer'),
  states: z.int().min(1).max(64).default(8).describe('states of each channel'),
  ...stackOptions,
});
type Options = z.output<typeof schema>;

const logarithm = onNumbers(log);

function layerParameters(options: Options, { prefix, inputs, outputs }: LayerShape): readonly ParameterSpecification[] {
  const { channels, states, initialGain } = options;
  const constant = (name: string, value: number): ParameterSpecification => ({
    ...{ name, rows: 1, columns: channels, group: 'undecayed' },
    initialization: { type: 'constant', value },
  });
  return [
    weight(`${prefix}.input`, channels, inputs, initialGain),
    weight(`${prefix}.step`, channels, channels, initialGain),
    bias(`${prefix}.step.bias`, channels),
    weight(`${prefix}.write`, states, channels),
    weight(`${prefix}.read`, states, channels),
    // A_n = −n, as Mamba begins.
    ...Array.from({ length: states }, (_, state) => constant(`${prefix}.state${state}.logRate`, logarithm(state + 1))),
    constant(`${prefix}.direct`, 1),
    weight(`${prefix}.sideGate`, channels, inputs, initialGain),
    weight(`${prefix}.readout`, outputs, channels, initialGain),
  ];
}

function applyLayer({ prefix, builder, parameter, input, positions }: LayerContext): Value {
  const project = (name: string, x: Value): Value => builder.matmul(x, parameter(`${prefix}.${name}`));
  const u = project('input', input);
  const step = softplus(builder, builder.add(project('step', u), parameter(`${prefix}.step.bias`)));
  const written = builder.multiply(step, u);
  const hidden = columnsOf(builder, project('write', u)).map((write, state) => {
    const rate = builder.negate(builder.exp(parameter(`${prefix}.state${state}.logRate`)));
    return builder.scan(builder.exp(builder.multiply(step, rate)), builder.multiply(written, write));
  });
  const wanted = (x: Value): Value => atPositions(builder, x, positions);
  const read = combineRows(builder, columnsOf(builder, wanted(project('read', u))), hidden.map(wanted));
  const direct = builder.multiply(wanted(u), parameter(`${prefix}.direct`));
  const side = silu(builder, project('sideGate', wanted(input)));
  return project('readout', builder.multiply(builder.add(read, direct), side));
}

/** One or more selective state space layers. */
export const selectiveSsm = defineModel({
  name: 'selective-ssm',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
