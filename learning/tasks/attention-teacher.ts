// Teacher identification: the target at every token is the output of a fixed layer of linear self-attention.
// x: [T, d], standard normal   target: [T, d]

import { z } from 'zod';
import type { ProgramBuilder } from '../../tensor/index.js';
import { ConfigurationError } from '../configuration-error.js';
import { attendLinearly } from '../models/linear-attention.js';
import type { Matrix } from '../matrices.js';
import { defineTask, type Sample } from './task.js';
import { drawTeacher, type AttentionLayer } from './teacher.js';

const schema = z.strictObject({
  name: z.literal('attention-teacher').describe('imitation of a fixed layer of linear self-attention'),
  dimension: z.int().min(1).max(256).default(4).describe('entries of a token'),
  tokenCount: z.int().min(1).max(4096).default(32).describe('tokens of a sequence'),
  rank: z.int().min(1).max(256).nullable().default(null).describe("rank of the teacher's W_V, at most dimension; null: full"),
  teacherSeed: z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe("seed of the teacher's weights"),
});
type Options = z.output<typeof schema>;

function sample(builder: ProgramBuilder, { dimension, tokenCount }: Options, teacher: AttentionLayer): Sample {
  const tokens = builder.normal(tokenCount, dimension);
  const project = (weights: Matrix): ReturnType<ProgramBuilder['matmul']> =>
    builder.matmul(tokens, builder.table(dimension, dimension, weights.flat()));
  const target = attendLinearly(builder, {
    queries: project(teacher.query),
    keys: project(teacher.key),
    values: project(teacher.value),
  });
  return { tokens, target };
}

/** Teacher identification, after Zucchet et al. 2023, Table 1. */
export const attentionTeacher = defineTask({
  name: 'attention-teacher',
  schema,
  bind: (options) => {
    const { dimension, tokenCount, teacherSeed, rank } = options;
    if (rank !== null && rank > dimension) {
      const message = `Cannot accept configuration: task.rank of ${rank} found, at most the dimension ${dimension} wanted`;
      throw new ConfigurationError('configuration-invalid', message);
    }
    const teacher = drawTeacher(teacherSeed, dimension, tokenCount, rank);
    return {
      shape: { inputDimension: dimension, outputDimension: dimension, tokenCount, positions: 'all' },
      optimum: 0,
      sample: (builder) => sample(builder, options, teacher),
    };
  },
});
