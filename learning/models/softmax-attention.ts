// Softmax self-attention, causal, one head: y_t = Σ_{s≤t} a_ts v_s   a_t = softmax_{s≤t}(q_t · k_s / √k)
// q, k: [T, k]   v: [T, v]   scores: [T, T], or [1, T] where only the last output is wanted
//
// Masks are finite: a score above the diagonal becomes a large negative number, whose exponential is 0 beside the row's maximum.

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { applyAttention, attentionOptions, attentionParameters, type Projections } from './attention.js';
import { defineModel } from './model.js';
import { applyStack, stackParameters } from './stack.js';

const schema = z.strictObject({
  name: z.literal('softmax-attention').describe('causal softmax self-attention'),
  ...attentionOptions,
});

const maskedScore = -1e9;

/** Row-wise softmax. The maximum cancels, so no gradient flows through it. */
function softmax(builder: ProgramBuilder, scores: Value): Value {
  const shifted = builder.subtract(scores, builder.stopGradient(builder.max(scores)));
  const exponentials = builder.exp(shifted);
  // One division per row, not one per element: divisions are the slowest operation of all.
  return builder.multiply(exponentials, builder.divide(1, builder.sum(exponentials, 'columns')));
}

/** Softmax attention of queries [Q, k] to keys [T, k] and values [T, v]; one query attends to all keys, T queries each to their past. */
export function attendBySoftmax(builder: ProgramBuilder, { queries, keys, values }: Projections): Value {
  const scaled = builder.multiply(queries, 1 / Math.sqrt(keys.columns));
  if (queries.rows === 1) return builder.product(softmax(builder, builder.product(scaled, keys, 'nt')), values, 'nn');
  const length = keys.rows;
  const visible = builder.lessOrEqual(builder.iota(length, length, 'columns'), builder.iota(length, length, 'rows'));
  const scores = builder.select(visible, builder.product(scaled, keys, 'nt', 'output'), maskedScore);
  return builder.product(softmax(builder, scores), values, 'nn', 'left');
}

/** One or more layers of softmax self-attention. */
export const softmaxAttention = defineModel({
  name: 'softmax-attention',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => attentionParameters(options, layer)),
  apply: (options, context) =>
    applyStack(options, context, (layer) =>
      applyAttention(options, layer, (projections) => attendBySoftmax(layer.builder, projections)),
    ),
});
