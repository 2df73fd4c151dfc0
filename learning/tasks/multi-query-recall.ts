// Multi-query associative recall (MQAR, Arora et al. 2023): k_1 v_1 … k_P v_P, then every key once more, at random places among random tokens; after each
// key that comes again its value is to be told.
// tokens: one-hot [T, vocabulary]; keys are of its first half, all different, values of its second half, all different.
//
// After the pairs, places are two tokens apart. Place s = 1 … S is taken in proportion to s^{a − 1}, so for a < 1 keys come back soon.

import { z } from 'zod';
import { exp, log, onNumbers, type ProgramBuilder, type Value } from '../../tensor/index.js';
import { ConfigurationError } from '../configuration-error.js';
import { distinctClasses, uniformClasses, weightedPlaces } from './draws.js';
import { defineTask, type Sample } from './task.js';

const schema = z.strictObject({
  name: z.literal('multi-query-recall').describe('multi-query associative recall (MQAR)'),
  tokenCount: z.int().min(4).max(4096).multipleOf(2).default(64).describe('tokens of a sequence'),
  pairs: z.int().min(1).max(256).default(4).describe('pairs of key and value'),
  vocabulary: z.int().min(4).max(16384).multipleOf(2).default(256).describe('tokens that there are; half of them are keys'),
  power: z.number().positive().max(10).default(0.01).describe('a of the law of the places at which keys come again: s^(a − 1)'),
});
type Options = z.output<typeof schema>;

const [exponential, logarithm] = [onNumbers(exp), onNumbers(log)];

const placeCount = ({ tokenCount, pairs }: Options): number => tokenCount / 2 - pairs;

/** Rows of a and b in turn: [R, U], [R, U] → [2 R, U]. */
function interleave(builder: ProgramBuilder, a: Value, b: Value): Value {
  return builder.reshape(builder.concatenate([a, b], 'columns'), 2 * a.rows, a.columns);
}

function sample(builder: ProgramBuilder, options: Options): Sample {
  const { tokenCount, pairs, vocabulary, power } = options;
  const half = vocabulary / 2;
  const places = placeCount(options);
  const wide = { row: 0, rows: pairs, columns: vocabulary };
  const keys = builder.pad(distinctClasses(builder, pairs, half), { ...wide, column: 0 });
  const values = builder.pad(distinctClasses(builder, pairs, half), { ...wide, column: half });
  const weights = Array.from({ length: places }, (_, place) => exponential((power - 1) * logarithm(place + 1)));
  const taken = weightedPlaces(builder, pairs, weights);
  const isTaken = builder.sum(taken, 'columns');
  const filler = uniformClasses(builder, places, vocabulary);
  const first = builder.add(builder.product(taken, keys, 'nn'), builder.multiply(filler, builder.subtract(1, isTaken)));
  const second = uniformClasses(builder, places, vocabulary);
  const context = interleave(builder, keys, values);
  const answers = builder.product(taken, values, 'nn');
  const none = builder.expand(0, places, vocabulary);
  const after = { row: 2 * pairs, column: 0, rows: tokenCount };
  return {
    tokens: builder.concatenate([context, interleave(builder, first, second)], 'rows'),
    target: builder.pad(interleave(builder, answers, none), { ...after, columns: vocabulary }),
    weights: builder.pad(interleave(builder, isTaken, builder.expand(0, places, 1)), { ...after, columns: 1 }),
  };
}

/** MQAR, with the classes of the values to be told. */
export const multiQueryRecall = defineTask({
  name: 'multi-query-recall',
  schema,
  bind: (options) => {
    const { tokenCount, pairs, vocabulary } = options;
    if (placeCount(options) < pairs || pairs > vocabulary / 2) {
      const found = `${pairs} pairs in ${tokenCount} tokens of ${vocabulary}`;
      const message = `Cannot accept configuration: task of ${found} found, at least 4 tokens and 2 of the vocabulary for each pair wanted`;
      throw new ConfigurationError('configuration-invalid', message);
    }
    const sizes = { inputDimension: vocabulary, outputDimension: vocabulary, tokenCount };
    return {
      shape: { ...sizes, positions: 'all', classifiedTokens: pairs },
      optimum: 0,
      sample: (builder) => sample(builder, options),
    };
  },
});
