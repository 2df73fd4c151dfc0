// DeltaNet (Schlag et al. 2021): S_t = S_{t−1} + β_t k_t (v_t − S_{t−1}ᵀ k_t)ᵀ   y_t = W_O (S_tᵀ q_t)   β_t = σ(w_β x_t + b)
// x: [T, d]   q, k: [T, k], of length 1   v: [T, v]   S: [k, v]   w_β: [1, d]   W_O: [o, v]
//
// The memory is corrected by the delta rule: every token takes one step of gradient descent on ½ |v_t − Sᵀ k_t|², of size β_t.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { bias, weight, type ParameterSpecification } from '../parameters.js';
import {
  columnsOf,
  combineRows,
  fastWeightOptions,
  fastWeightParameters,
  projectInputs,
  readFastWeights,
} from './fast-weights.js';
import { defineModel } from './model.js';
import { applyStack, stackParameters, type LayerContext, type LayerShape } from './stack.js';

const schema = z.strictObject({
  name: z.literal('delta-net').describe('linear attention whose memory is corrected by the delta rule'),
  ...fastWeightOptions,
});
type Options = z.output<typeof schema>;

/** Keeps the length of a vector of zeros away from 0. */
const epsilon = 1e-6;

function layerParameters(options: Options, shape: LayerShape): readonly ParameterSpecification[] {
  const { prefix, inputs } = shape;
  return [
    ...fastWeightParameters(options, shape),
    weight(`${prefix}.rate`, 1, inputs, options.initialGain),
    bias(`${prefix}.rate.bias`, 1),
  ];
}

/** x / √(|x|² + ε), token by token. */
function unitLength(builder: ProgramBuilder, x: Value): Value {
  return builder.divide(x, builder.sqrt(builder.add(builder.sum(builder.square(x), 'columns'), epsilon)));
}

function applyLayer(layer: LayerContext): Value {
  const { prefix, builder, parameter, input } = layer;
  const { queries, keys, values } = projectInputs(layer);
  const rate = builder.sigmoid(builder.add(builder.matmul(input, parameter(`${prefix}.rate`)), parameter(`${prefix}.rate.bias`)));
  const unitKeys = unitLength(builder, keys);
  const read = columnsOf(builder, unitKeys);
  const written = columnsOf(builder, builder.multiply(unitKeys, rate));
  const rows = builder.region((region) => {
    const before = read.map(() => region.prev(values.rows, values.columns));
    const error = builder.subtract(values, combineRows(builder, read, before));
    const after = before.map((row, index) => builder.add(row, builder.multiply(error, written[index]!)));
    before.forEach((row, index) => region.set(row, after[index]!));
    return after;
  });
  return readFastWeights(layer, unitLength(builder, queries), rows);
}

/** One or more layers of DeltaNet. */
export const deltaNet = defineModel({
  name: 'delta-net',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => layerParameters(options, layer)),
  apply: (options, context) => applyStack(options, context, applyLayer),
});
