import { describe, expect, it } from 'vitest';
import { SVD } from 'ml-matrix';
import { bindTask, drawTeacher, taskSchema } from '../../../learning/index.js';
import { meanSquare } from '../../../learning/tasks/index.js';
import { meanOf } from './draw-samples.js';

describe('attentionTeacher', () => {
  it.each([
    [4, 8],
    [2, 3],
    [3, 1],
  ])('gives targets of mean square 1 when tokens have %d entries and sequences %d tokens', (dimension, tokenCount) => {
    const task = { name: 'attention-teacher', dimension, tokenCount, teacherSeed: 5 };
    const squares = meanOf({ task, sequenceCount: 16384 }, (b, { target }) => b.sum(b.square(target), 'columns'));
    const mean = squares.reduce((sum, square) => sum + square) / (tokenCount * dimension);
    expect(Math.abs(mean - 1)).toBeLessThan(0.1);
  });

  it('sees nothing but its own token at the first one', () => {
    const task = { name: 'attention-teacher', dimension: 2, tokenCount: 3 };
    const first = (b: Parameters<Parameters<typeof meanOf>[1]>[0], tokens: Parameters<typeof b.row>[0]) => b.row(tokens, 0);
    const { query, key, value } = drawTeacher(0, 2, 3);
    const found = meanOf({ task, sequenceCount: 8 }, (b, { tokens, target }) => {
      const x = first(b, tokens);
      const project = (matrix: typeof query) => b.matmul(x, b.table(2, 2, matrix.flat()));
      const score = b.sum(b.multiply(project(query), project(key)), 'columns');
      return b.absolute(b.subtract(b.multiply(score, project(value)), b.row(target, 0)));
    });
    expect(Math.max(...found)).toBeLessThan(1e-6);
  });

  it('has values of the rank that is asked for, and targets of mean square 1 all the same', () => {
    const { query, key, value } = drawTeacher(3, 4, 8, 2);
    const full = drawTeacher(3, 4, 8);
    expect([query, key]).toEqual([full.query, full.key]);
    expect(new SVD(value.map((row) => [...row])).rank).toBe(2);
    expect(new SVD(full.value.map((row) => [...row])).rank).toBe(4);
    expect(meanSquare({ query, key, value }, 8)).toBeCloseTo(1, 10);
  });

  it('refuses a rank above the dimension', () => {
    const task = taskSchema.parse({ name: 'attention-teacher', dimension: 3, rank: 4 });
    expect(() => bindTask(task)).toThrow('task.rank of 4 found, at most the dimension 3 wanted');
  });

  it('is another one when the seed is another, and the same when it is the same', () => {
    expect(drawTeacher(1, 4, 32)).toEqual(drawTeacher(1, 4, 32));
    expect(drawTeacher(1, 4, 32)).not.toEqual(drawTeacher(2, 4, 32));
  });
});
