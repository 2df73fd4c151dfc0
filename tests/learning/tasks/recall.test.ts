import { describe, expect, it } from 'vitest';
import { bindTask, taskSchema } from '../../../learning/index.js';
import { distinctClasses, uniformClasses, weightedPlaces } from '../../../learning/tasks/draws.js';
import type { ProgramBuilder } from '../../../tensor/index.js';
import { type Value } from '../../../tensor/index.js';
import { meanOf } from './draw-samples.js';

const total = (b: ProgramBuilder, x: Value): Value => b.sum(b.sum(x, 'columns'), 'rows');
const squaredDistance = (b: ProgramBuilder, x: Value, y: Value): Value => total(b, b.square(b.subtract(x, y)));
/** For draws that need no task; the sample is of no concern. */
const anyTask = { name: 'associative-recall' };

describe('uniformClasses', () => {
  it('gives every class equally often, one to a row', () => {
    const draw = { task: anyTask, sequenceCount: 40_000 };
    const shares = meanOf(draw, (b) => b.sum(uniformClasses(b, 3, 5), 'rows'));
    for (const share of shares) expect(share / 3).toBeCloseTo(0.2, 2);
    expect(meanOf(draw, (b) => b.sum(b.square(uniformClasses(b, 3, 5)), 'columns'))).toEqual([1, 1, 1]);
  });
});

describe('distinctClasses', () => {
  it('never gives a class twice', () => {
    const gram = meanOf({ task: anyTask, sequenceCount: 4096 }, (b) => {
      const classes = distinctClasses(b, 5, 5);
      return b.product(classes, classes, 'nt');
    });
    expect(gram).toEqual(Array.from({ length: 25 }, (_, index) => (index % 6 === 0 ? 1 : 0)));
  });

  it('gives every ordered pair equally often', () => {
    const pairs = meanOf({ task: anyTask, sequenceCount: 48_000 }, (b) => {
      const classes = distinctClasses(b, 2, 4);
      return b.product(b.row(classes, 0), b.row(classes, 1), 'tn');
    });
    pairs.forEach((share, index) => {
      expect(share).toBeCloseTo(index % 5 === 0 ? 0 : 1 / 12, 2);
    });
  });
});

describe('weightedPlaces', () => {
  const weights = [4, 2, 1, 1];

  it('takes the first place in proportion to the weights, and the next one of those that are left', () => {
    const both = meanOf({ task: anyTask, sequenceCount: 48_000 }, (b) => {
      const places = weightedPlaces(b, 2, weights);
      return b.product(b.transpose(b.slice(places, { columns: 1 })), b.transpose(b.slice(places, { column: 1 })), 'tn');
    });
    weights.forEach((first, i) => {
      weights.forEach((second, j) => {
        const wanted = i === j ? 0 : ((first / 8) * second) / (8 - first);
        expect(both[4 * i + j]).toBeCloseTo(wanted, 2);
      });
    });
  });
});

describe('associative recall', () => {
  const task = { name: 'associative-recall', pairs: 5, vocabulary: 7 };

  it('is solved by one step of gradient descent of rate 1', () => {
    const distance = meanOf({ task, sequenceCount: 4096 }, (b, { target, gradientDescent }) =>
      squaredDistance(b, target, gradientDescent!),
    );
    expect(distance).toEqual([0]);
  });

  it('shows every pair and asks without a value', () => {
    const sums = meanOf({ task, sequenceCount: 4096 }, (b, { tokens }) => b.sum(tokens, 'columns'));
    expect(sums).toEqual([2, 2, 2, 2, 2, 1]);
  });

  it('asks for every pair equally often', () => {
    const places = meanOf({ task, sequenceCount: 40_000 }, (b, { tokens }) => {
      const keys = b.slice(tokens, { columns: 7 });
      return b.product(b.row(keys, 5), b.slice(keys, { rows: 5 }), 'nt');
    });
    for (const share of places) expect(share).toBeCloseTo(0.2, 2);
  });

  it('refuses more pairs than there are keys', () => {
    const options = taskSchema.parse({ ...task, pairs: 8 });
    expect(() => bindTask(options)).toThrow('task.pairs of 8 found, at most the vocabulary of 7 wanted');
  });
});

describe('multi-query recall', () => {
  const task = { name: 'multi-query-recall', tokenCount: 24, pairs: 3, vocabulary: 12 };
  const context = 6;

  it('has one class to a token and asks for every key once', () => {
    const draw = { task, sequenceCount: 4096 };
    expect(meanOf(draw, (b, { tokens }) => b.sum(b.square(tokens), 'columns'))).toEqual(new Array<number>(24).fill(1));
    expect(meanOf(draw, (b, { weights }) => b.sum(weights!, 'rows'))).toEqual([3]);
    const asked = meanOf(draw, (b, { tokens, weights }) => {
      const shown = keysOf(b, tokens);
      return b.sum(b.product(b.multiply(tokens, weights!), shown, 'nt'), 'rows');
    });
    expect(asked).toEqual([1, 1, 1]);
  });

  it('wants the value that followed the key, and nothing elsewhere', () => {
    const distance = meanOf({ task, sequenceCount: 4096 }, (b, { tokens, target, weights }) => {
      const [keys, values] = [keysOf(b, tokens), valuesOf(b, tokens)];
      const recalled = b.product(b.product(b.multiply(tokens, weights!), keys, 'nt'), values, 'nn');
      return squaredDistance(b, recalled, target);
    });
    expect(distance).toEqual([0]);
  });

  it('has keys of the first half and values of the second', () => {
    const halves = meanOf({ task, sequenceCount: 4096 }, (b, { tokens }) =>
      b.sum(b.slice(tokens, { rows: context, columns: 6 }), 'columns'),
    );
    expect(halves).toEqual([1, 0, 1, 0, 1, 0]);
  });

  it('repeats a key at place s in proportion to s^(a − 1)', () => {
    const one = { name: 'multi-query-recall', tokenCount: 10, pairs: 1, vocabulary: 4, power: 0.5 };
    const shares = meanOf({ task: one, sequenceCount: 40_000 }, (_, { weights }) => weights!);
    const law = [1, 2, 3, 4].map((place) => 1 / Math.sqrt(place));
    const sum = law.reduce((a, x) => a + x, 0);
    law.forEach((x, place) => {
      expect(shares[2 + 2 * place]).toBeCloseTo(x / sum, 2);
      expect(shares[3 + 2 * place]).toBe(0);
    });
  });

  it('refuses more pairs than a sequence or the vocabulary holds', () => {
    const bind = (further: object) => () => bindTask(taskSchema.parse({ ...task, ...further }));
    expect(bind({ tokenCount: 10 })).toThrow('3 pairs in 10 tokens of 12 found');
    expect(bind({ vocabulary: 4 })).toThrow('3 pairs in 24 tokens of 4 found');
  });

  function keysOf(b: ProgramBuilder, tokens: Value): Value {
    return b.concatenate(
      [0, 2, 4].map((row) => b.row(tokens, row)),
      'rows',
    );
  }

  function valuesOf(b: ProgramBuilder, tokens: Value): Value {
    return b.concatenate(
      [1, 3, 5].map((row) => b.row(tokens, row)),
      'rows',
    );
  }
});

describe('induction heads', () => {
  const task = { name: 'induction-heads', tokenCount: 8, vocabulary: 5 };

  it('ends with the special token and wants what followed it the first time', () => {
    const distance = meanOf({ task, sequenceCount: 4096 }, (b, { tokens, target }) => {
      const isSpecial = b.slice(tokens, { column: 5 });
      const follower = b.product(b.slice(b.shift(isSpecial, 1), { rows: 8 }), tokens, 'tn');
      return squaredDistance(b, b.slice(follower, { columns: 5 }), target);
    });
    expect(distance).toEqual([0]);
    const special = meanOf({ task, sequenceCount: 40_000 }, (b, { tokens }) => b.slice(tokens, { column: 5 }));
    special.forEach((share, t) => {
      expect(share).toBeCloseTo(t === 7 ? 1 : t < 6 ? 1 / 6 : 0, 2);
    });
    expect(meanOf({ task, sequenceCount: 512 }, (b, { target }) => b.sum(target, 'columns'))).toEqual([1]);
  });
});
