// Gated linear attention (Yang et al. 2023, one head): S_t = diag(α_t) S_{t−1} + k_t v_tᵀ   y_t = W_O (S_tᵀ q_t)   α_t = σ(W_α x_t + b)^{1/16}
// x: [T, d]   q, k, α: [T, k]   v: [T, v]   S: [k, v]   W_α: [k, d]   b: [1, k]   W_O: [o, v]
//
// Linear attention that forgets what its input tells it to; with α = 1 it is linear attention. The power 1/16 keeps α near 1.

import { z } from 'zod';
import type { Value } from '../../tensor/index.js';
import { bias, weight, type ParameterSpecification } from '../parameters.js';
import { columnsOf, fastWeightOptions, fastWeightParameters, projectInputs, readFastWeights } from './fast-weights.js';
import { defineModel } from './model.js';
import { softplus } from './activations.js';
import { applyStack, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('gated-linear-attention').describe('linear attention whose memory decays as the input says'),
  ...fastWeightOptions,
});
type Options = z.output<typeof schema>;

const temperature = 16;

function layerParameters(options: Options, shape: LayerShape): readonly ParameterSpecification[] {
  const { keyDimension, initialGain } = options;
  return [
    ...fastWeightParameters(options, shape),
    weight(`${shape.prefix}.forget`, keyDimension, shape.inputs, initialGain),
    bias(`${shape.prefix}.forget.bias`, keyDimension),
  ];
}

function applyLayer(layer: LayerContext): Value {
  const { prefix, builder, parameter, input } = layer;
  const { queries, keys, values } = projectInputs(layer);
  const forget = builder.add(builder.matmul(input, parameter(`${prefix}.forget`)), parameter(`${prefix}.forget.bias`));
  // σ(x)^{1/τ} = exp(−softplus(−x) / τ)
  const alpha = builder.exp(builder.multiply(softplus(builder, builder.negate(forget)), -1 / temperature));
  const decays = columnsOf(builder, alpha);
  const rows = columnsOf(builder, keys).map((key, index) => builder.scan(decays[index]!, builder.multiply(values, key)));
  return readFastWeights(layer, queries, rows);
}

/** One or more layers of gated linear attention. */
export const gatedLinearAttention = defineModel({
  name: 'gated-linear-attention',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
