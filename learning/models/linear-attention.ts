// Linear self-attention, causal, one head, without normalization: y_t = (Σ_{s≤t} v_s k_sᵀ) q_t = Σ_{s≤t} (q_t · k_s) v_s
// q, k: [T, k]   v: [T, v]   scores: [T, T], or [1, T] where only the last output is wanted

import { z } from 'zod';
import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { applyAttention, attentionOptions, attentionParameters, type Projections } from './attention.js';
import { defineModel } from './model.js';
import { applyStack, stackParameters } from './stack.js';

const schema = z.strictObject({
  name: z.literal('linear-attention').describe('causal linear self-attention'),
  ...attentionOptions,
});

/** Linear attention of queries [Q, k] to keys [T, k] and values [T, v]; one query attends to all keys, T queries each to their past. */
export function attendLinearly(builder: ProgramBuilder, { queries, keys, values }: Projections): Value {
  if (queries.rows === 1) return builder.product(builder.product(queries, keys, 'nt'), values, 'nn');
  const scores = builder.product(queries, keys, 'nt', 'output');
  return builder.product(scores, values, 'nn', 'left');
}

/** One or more layers of linear self-attention. */
export const linearAttention = defineModel({
  name: 'linear-attention',
  schema,
  parameters: (options, shape) => stackParameters(options, shape, (layer) => attentionParameters(options, layer)),
  apply: (options, context) =>
    applyStack(options, context, (layer) =>
      applyAttention(options, layer, (projections) => attendLinearly(layer.builder, projections)),
    ),
});
