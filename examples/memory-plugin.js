// @ts-check
// A model and a task from outside the repository. docs/plugins.md walks through this file.
//
//   npx starling train examples/memory-plugin.yaml --plugin examples/memory-plugin.js

import {
  applyStack,
  defineModel,
  definePlugin,
  defineTask,
  bias,
  square,
  stackOptions,
  stackParameters,
} from 'starling/learning';
import { atPositions, uniformClasses, weight, z } from 'starling/learning';

// Minimal gated unit (Zhou, Wu, Zhang and Zhou 2016): f_t = σ(W_f x_t + U_f h_{t−1} + b_f)
//                                                     c_t = tanh(W_c x_t + U_c (f_t ⊙ h_{t−1}) + b_c)
//                                                     h_t = (1 − f_t) ⊙ h_{t−1} + f_t ⊙ c_t   y_t = D h_t
// x: [T, d]   h: [T, n]   W: [n, d]   U: [n, n]   b: [1, n]   D: [o, n]
const minimalGatedUnit = defineModel({
  name: 'memory/minimal-gated-unit',
  schema: z.strictObject({
    name: z.literal('memory/minimal-gated-unit').describe('GRU with one gate instead of two'),
    hidden: z.int().min(1).max(4096).default(64).describe('hidden units of a layer'),
    ...stackOptions,
  }),
  parameters: ({ hidden, ...options }, shape) =>
    stackParameters(options, shape, ({ prefix, inputs, outputs }) => [
      ...['forget', 'candidate'].flatMap((gate) => [
        weight(`${prefix}.${gate}.x`, hidden, inputs),
        square(`${prefix}.${gate}.h`, hidden),
        bias(`${prefix}.${gate}.bias`, hidden),
      ]),
      weight(`${prefix}.readout`, outputs, hidden),
    ]),
  apply: ({ hidden, ...options }, context) =>
    applyStack(options, context, ({ builder, parameter, prefix, input, positions }) => {
      /** @param {string} gate */
      const fromInput = (gate) =>
        builder.add(builder.matmul(input, parameter(`${prefix}.${gate}.x`)), parameter(`${prefix}.${gate}.bias`));
      // What depends on the input alone is one product over all of time; only the region runs token by token.
      const [forget, candidate] = [fromInput('forget'), fromInput('candidate')];
      const states = builder.region((region) => {
        const h = region.prev(input.rows, hidden);
        const f = builder.sigmoid(builder.add(forget, builder.matmul(h, parameter(`${prefix}.forget.h`))));
        const remembered = builder.matmul(builder.multiply(f, h), parameter(`${prefix}.candidate.h`));
        const c = builder.tanh(builder.add(candidate, remembered));
        const next = builder.add(builder.multiply(builder.subtract(1, f), h), builder.multiply(f, c));
        region.set(h, next);
        return next;
      });
      return builder.matmul(atPositions(builder, states, positions), parameter(`${prefix}.readout`));
    }),
});

// Copying after a delay (after Hochreiter and Schmidhuber 1997): s_1 … s_n, then `delay` blanks, then n marks; at the i-th mark s_i is to be told.
// tokens: one-hot [2n + delay, v + 2], the last classes being blank and mark   target: one-hot [2n + delay, v], counted at the marks alone
const delayedCopy = defineTask({
  name: 'memory/delayed-copy',
  schema: z.strictObject({
    name: z.literal('memory/delayed-copy').describe('symbols that are told again, in order, after a delay'),
    symbols: z.int().min(1).max(512).default(3).describe('symbols to remember'),
    vocabulary: z.int().min(2).max(512).default(4).describe('different symbols'),
    delay: z.int().min(0).max(3072).default(4).describe('blanks before the first mark'),
  }),
  bind: ({ symbols, vocabulary, delay }) => {
    const tokenCount = 2 * symbols + delay;
    const width = vocabulary + 2;
    return {
      shape: { inputDimension: width, outputDimension: vocabulary, tokenCount, positions: 'all', classifiedTokens: symbols },
      optimum: 0,
      sample: (builder) => {
        const drawn = uniformClasses(builder, symbols, vocabulary);
        const row = builder.iota(tokenCount, 1, 'rows');
        const isMark = builder.lessOrEqual(symbols + delay, row);
        const isBlank = builder.subtract(builder.lessOrEqual(symbols, row), isMark);
        const column = builder.iota(1, width, 'columns');
        const blanks = builder.multiply(isBlank, builder.equal(column, vocabulary));
        const marks = builder.multiply(isMark, builder.equal(column, vocabulary + 1));
        const heard = builder.pad(drawn, { row: 0, column: 0, rows: tokenCount, columns: width });
        return {
          tokens: builder.add(heard, builder.add(blanks, marks)),
          target: builder.pad(drawn, { row: symbols + delay, column: 0, rows: tokenCount, columns: vocabulary }),
          weights: builder.expand(isMark, tokenCount, 1),
        };
      },
    };
  },
});

export const plugin = definePlugin({ name: 'memory', models: [minimalGatedUnit], tasks: [delayedCopy] });
