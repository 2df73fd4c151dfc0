// Induction heads (after Fu et al. 2023): … * a … *  →  a
// Among random tokens a special one stands somewhere and again at the end; what followed it the first time is to be told there.
// tokens: one-hot [T, vocabulary + 1], the last class being the special token   target: one-hot [1, vocabulary]

import { z } from 'zod';
import type { ProgramBuilder } from '../../tensor/index.js';
import { uniformClasses } from './draws.js';
import { defineTask, type Sample } from './task.js';

const schema = z.strictObject({
  name: z.literal('induction-heads').describe('what followed the special token the first time'),
  tokenCount: z.int().min(3).max(4096).default(30).describe('tokens of a sequence'),
  vocabulary: z.int().min(2).max(1024).default(20).describe('ordinary tokens that there are'),
});
type Options = z.output<typeof schema>;

function sample(builder: ProgramBuilder, { tokenCount, vocabulary }: Options): Sample {
  const width = vocabulary + 1;
  const ordinary = builder.pad(uniformClasses(builder, tokenCount - 1, vocabulary), {
    ...{ row: 0, column: 0, rows: tokenCount - 1, columns: width },
  });
  // The special token leaves room for what follows it, before the last token.
  const place = builder.transpose(uniformClasses(builder, 1, tokenCount - 2));
  const isSpecial = builder.pad(place, { row: 0, column: 0, rows: tokenCount - 1, columns: 1 });
  const special = builder.equal(builder.iota(1, width, 'columns'), vocabulary);
  const tokens = builder.add(builder.multiply(ordinary, builder.subtract(1, isSpecial)), builder.multiply(isSpecial, special));
  const follower = builder.product(builder.shift(isSpecial, 1), ordinary, 'tn');
  return {
    tokens: builder.concatenate([tokens, builder.expand(special, 1, width)], 'rows'),
    target: builder.slice(follower, { columns: vocabulary }),
    weights: builder.expand(1, 1, 1),
  };
}

/** Recall of the token after the special one. */
export const inductionHeads = defineTask({
  name: 'induction-heads',
  schema,
  bind: (options) => {
    const { tokenCount, vocabulary } = options;
    const sizes = { inputDimension: vocabulary + 1, outputDimension: vocabulary, tokenCount };
    return {
      shape: { ...sizes, positions: 'last', classifiedTokens: 1 },
      optimum: 0,
      sample: (builder) => sample(builder, options),
    };
  },
});
