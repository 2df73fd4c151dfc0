// Softmax self-attention, causal, one head: y_t = Σ_{s≤t} a_ts v_s   a_t = softmax_{s≤t}(q_t · k_s / √k)
// q, k: [T, k]   v: [T, v]   scores: [T, T], or [1, T] where only the last output is wanted
//
// Masks are finite: above the diagonal a score is a large negative number where the row's maximum is looked for, and its exponential
// is 0. (The exponential of the large negative number would be the smallest there is; half of all products with such numbers are
// subnormal, and CPUs take a hundred times as long for those. The bits of losses and gradients would be the same.)

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

/** Exponentials of scores, divided by their sum over each row. */
function normalize(builder: ProgramBuilder, exponentials: Value): Value {
  // One division per row, not one per element: divisions are the slowest operation of all.
  return builder.multiply(exponentials, builder.divide(1, builder.sum(exponentials, 'columns')));
}

/** e^(score − bound), where the bound is at least the row's largest score. It cancels, so no gradient flows through it. */
function exponentiate(builder: ProgramBuilder, scores: Value, bound: Value): Value {
  return builder.exp(builder.subtract(scores, builder.stopGradient(bound)));
}

/** Softmax attention of queries [Q, k] to keys [T, k] and values [T, v]; one query attends to all keys, T queries each to their past. */
export function attendBySoftmax(builder: ProgramBuilder, { queries, keys, values }: Projections): Value {
  const scaled = builder.multiply(queries, 1 / Math.sqrt(keys.columns));
  if (queries.rows === 1) {
    const scores = builder.product(scaled, keys, 'nt');
    const exponentials = exponentiate(builder, scores, builder.max(scores));
    return builder.product(normalize(builder, exponentials), values, 'nn');
  }
  const length = keys.rows;
  const visible = builder.lessOrEqual(builder.iota(length, length, 'columns'), builder.iota(length, length, 'rows'));
  const scores = builder.product(scaled, keys, 'nt', 'output');
  const maximum = builder.max(builder.select(visible, scores, maskedScore));
  const exponentials = builder.select(visible, exponentiate(builder, scores, maximum), 0);
  return builder.product(normalize(builder, exponentials), values, 'nn', 'left');
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
