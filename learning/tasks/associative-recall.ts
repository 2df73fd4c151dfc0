// Associative recall: tokens (key_t, value_t) for t = 1 … P, then (key_q, 0) with q one of them; the target is value_q at the query.
// keys, values: one-hot [P, vocabulary], keys all different   tokens: [P + 1, 2 vocabulary]
//
// One step of gradient descent of rate 1 solves it: ŷ = Σ_t value_t (key_t · key_q).

import { z } from 'zod';
import type { ProgramBuilder } from '../../tensor/index.js';
import { distinctClasses, uniformClasses } from './draws.js';
import { ConfigurationError } from '../configuration-error.js';
import { defineTask, type Sample } from './task.js';

const schema = z.strictObject({
  name: z.literal('associative-recall').describe('the value that a key had in the context'),
  pairs: z.int().min(1).max(256).default(8).describe('pairs before the query'),
  vocabulary: z.int().min(2).max(1024).default(16).describe('keys, and values, that there are'),
  loss: z
    .enum(['squared', 'cross-entropy'])
    .default('squared')
    .describe("half the squared error of the value's one-hot vector, or the cross-entropy of its class"),
});
type Options = z.output<typeof schema>;

function sample(builder: ProgramBuilder, { pairs, vocabulary, loss }: Options): Sample {
  const keys = distinctClasses(builder, pairs, vocabulary);
  const values = uniformClasses(builder, pairs, vocabulary);
  const asked = uniformClasses(builder, 1, pairs);
  const query = builder.product(asked, keys, 'nn');
  const shown = builder.pad(values, { row: 0, column: 0, rows: pairs + 1, columns: vocabulary });
  const target = builder.product(asked, values, 'nn');
  return {
    tokens: builder.concatenate([builder.concatenate([keys, query], 'rows'), shown], 'columns'),
    target,
    ...(loss === 'squared'
      ? { gradientDescent: builder.product(builder.product(query, keys, 'nt'), values, 'nn') }
      : { weights: builder.expand(1, 1, 1) }),
  };
}

/** Associative recall over pairs that are one token each. */
export const associativeRecall = defineTask({
  name: 'associative-recall',
  schema,
  bind: (options) => {
    const { pairs, vocabulary, loss } = options;
    if (pairs > vocabulary) {
      const message = `Cannot accept configuration: task.pairs of ${pairs} found, at most the vocabulary of ${vocabulary} wanted`;
      throw new ConfigurationError('configuration-invalid', message);
    }
    const sizes = { inputDimension: 2 * vocabulary, outputDimension: vocabulary, tokenCount: pairs + 1 };
    return {
      shape: { ...sizes, positions: 'last', ...(loss === 'squared' ? {} : { classifiedTokens: 1 }) },
      optimum: 0,
      sample: (builder) => sample(builder, options),
    };
  },
});
