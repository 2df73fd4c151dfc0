// Differentiation of whole programs: regions, values that are used twice, parameters that are not used.

import { describe, expect, test } from 'vitest';

import { ProgramBuilder, ProgramError, type Value } from '../../tensor/index.js';
import { denseRecurrence, gru, lstm, lstmShapes } from './cells.js';
import { expectGradients, gradientProgram, noise, numbers, weigh, type LossAuthor, type Shapes } from './finite-differences.js';
import { interpret, programOf } from './programs.js';

const T = 4;

function check(shapes: Shapes, author: LossAuthor): void {
  const count = Object.values(shapes).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  expectGradients(gradientProgram(shapes, author), numbers(count, -0.9, 0.9));
}

describe('gradients of a region agree with central differences', () => {
  test('when it is an LSTM cell', () => {
    check(lstmShapes(2, 3), (b, ...parameters) => weigh(b, lstm(b, noise(b, T, 2), parameters)));
  });

  test('when it is a gated recurrent unit', () => {
    const square = [3, 3] as const;
    check({ x: [T, 3], update: square, reset: square, r: square }, (b, x, ...weights) =>
      weigh(b, gru(b, b.multiply(b.expand(x, T, 3), noise(b, T, 3)), weights)),
    );
  });

  test.each([false, true])('when it is a dense recurrence (reverse: %j)', (reverse) => {
    check({ r: [3, 3], x: [T, 3] }, (b, r, x) =>
      weigh(b, denseRecurrence(b, b.multiply(b.expand(x, T, 3), noise(b, T, 3)), r, reverse)),
    );
  });

  test('when the loss is the last state alone', () => {
    check({ r: [3, 3] }, (b, r) => weigh(b, b.row(denseRecurrence(b, noise(b, T, 3), r), T - 1)));
  });

  test('when the states themselves are the loss, so that their adjoint is one number', () => {
    check({ r: [3, 3] }, (b, r) => denseRecurrence(b, noise(b, T, 3), r));
  });

  test('when two regions follow each other, the second in reverse', () => {
    check({ r: [2, 2], s: [2, 2] }, (b, r, s) => weigh(b, denseRecurrence(b, denseRecurrence(b, noise(b, T, 2), r), s, true)));
  });

  test('when two regions read the same value', () => {
    check({ w: [2, 2], r: [2, 2] }, (b, w, r) => {
      const x = b.matmul(noise(b, T, 2), w);
      return weigh(b, b.multiply(denseRecurrence(b, x, r), denseRecurrence(b, x, r, true)));
    });
  });

  test('when a parameter is broadcast to all time steps, units or both', () => {
    check({ bias: [1, 3], step: [T, 1], gain: [1, 1], each: [T, 3] }, (b, ...parameters) => {
      const [bias, step, gain, each] = parameters as unknown as readonly [Value, Value, Value, Value];
      const x = noise(b, T, 3);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const h = prev(T, 3);
          const driven = b.add(b.add(b.multiply(h, gain), bias), b.multiply(each, x));
          const next = b.tanh(b.multiply(driven, step));
          set(h, next);
          return next;
        }),
      );
    });
  });

  test('when a sequence from outside is broadcast', () => {
    check({ p: [1, 3], q: [T, 1] }, (b, p, q) => {
      const row = b.multiply(b.expand(p, 1, 3), noise(b, 1, 3));
      const column = b.multiply(b.expand(q, T, 1), noise(b, T, 1));
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const h = prev(T, 3);
          const next = b.sigmoid(b.add(b.multiply(h, row), column));
          set(h, next);
          return next;
        }),
      );
    });
  });

  test('when rows are normalized inside it', () => {
    check({ r: [3, 3] }, (b, r) => {
      const x = noise(b, T, 3);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const h = prev(T, 3);
          const y = b.exp(b.subtract(b.matmul(b.add(h, x), r), b.max(h)));
          const next = b.divide(y, b.sum(y, 'columns'));
          set(h, next);
          return next;
        }),
      );
    });
  });

  test('when it pads, cuts and joins columns', () => {
    check({ r: [2, 3] }, (b, r) => {
      const x = noise(b, T, 3);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const h = prev(T, 3);
          const two = b.tanh(b.matmul(b.add(h, x), r));
          const left = b.slice(two, { columns: 1 });
          const padded = b.pad(two, { row: 0, column: 1, rows: T, columns: 3 });
          const next = b.add(b.concatenate([left, two], 'columns'), b.multiply(padded, 0.3));
          set(h, next);
          return next;
        }),
      );
    });
  });

  test('when a state is used twice inside it and again outside', () => {
    check({ r: [3, 3], s: [2, 3] }, (b, r, s) => {
      const x = noise(b, T, 3);
      const [before, after] = b.region(({ prev, set }) => {
        const h = prev(T, 3);
        const next = b.tanh(b.add(b.multiply(h, h), b.add(x, b.matmul(h, r))));
        set(h, next);
        return [h, next] as const;
      });
      return b.add(weigh(b, b.matmul(b.square(after), s)), weigh(b, b.multiply(before, after)));
    });
  });

  test('when two states carry the same value', () => {
    check({ r: [2, 2] }, (b, r) => {
      const x = noise(b, T, 2);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const [h, k] = [prev(T, 2), prev(T, 2)];
          const next = b.tanh(b.add(x, b.matmul(b.multiply(h, k), r)));
          set(h, next);
          set(k, next);
          return b.add(next, k);
        }),
      );
    });
  });

  test('when a state delays another state', () => {
    check({ r: [2, 2] }, (b, r) => {
      const x = noise(b, T, 2);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const [h, older] = [prev(T, 2), prev(T, 2)];
          const next = b.tanh(b.add(x, b.matmul(b.subtract(h, older), r)));
          set(h, next);
          set(older, h);
          return next;
        }),
      );
    });
  });

  test('when a state decides by comparison alone', () => {
    check({ r: [2, 2] }, (b, r) => {
      const x = b.matmul(noise(b, T, 2), r);
      return weigh(
        b,
        b.region(({ prev, set }) => {
          const h = prev(T, 2);
          const next = b.select(b.less(h, 0), x, b.square(x));
          set(h, next);
          return next;
        }),
      );
    });
  });

  test('when a state does not depend on any parameter', () => {
    check({ w: [1, 2] }, (b, w) => {
      const x = noise(b, T, 2);
      const sum = b.region(({ prev, set }) => {
        const h = prev(T, 2);
        const next = b.add(h, x);
        set(h, next);
        return next;
      });
      return weigh(b, b.multiply(sum, w));
    });
  });
});

describe('gradients()', () => {
  test("are zeros of the parameter's shape when the loss ignores it", () => {
    const program = gradientProgram({ used: [1, 2], ignored: [2, 3] }, (b, used) => weigh(b, b.expand(used, 2, 2)));
    const outputs = interpret(program, numbers(8, -1, 1));
    expect(outputs['gradient/ignored']).toEqual([0, 0, 0, 0, 0, 0]);
    expect(outputs['gradient/used']).not.toContain(0);
  });

  test('add up when a parameter is used in both spaces', () => {
    check({ w: [3, 3] }, (b, w) => {
      const x = noise(b, T, 3);
      const y = b.matmul(b.matmul(x, w), b.multiply(w, b.total(w)));
      return b.add(weigh(b, b.tanh(y)), weigh(b, b.square(w)));
    });
  });

  test('treat a stopped value as a constant', () => {
    const gradientOf = (author: (b: ProgramBuilder, p: Value) => Value): readonly number[] =>
      interpret(
        gradientProgram({ p: [1, 2] }, (b, p) => author(b, b.expand(p, 1, 2))),
        [0.5, 0.25],
      )['gradient/p']!;
    // The derivative of x · stop(x²) is x², eight sequences of it.
    expect(gradientOf((b, x) => b.multiply(x, b.stopGradient(b.square(x))))).toEqual([2, 0.5]);
    expect(gradientOf((b, x) => b.stopGradient(b.square(x)))).toEqual([0, 0]);
  });

  test('go through softmax the same when its maximum is stopped', () => {
    check({ p: [2, 3] }, (b, p) => {
      const x = b.multiply(b.expand(p, 2, 3), noise(b, 2, 3));
      const y = b.exp(b.subtract(x, b.stopGradient(b.max(x))));
      return weigh(b, b.divide(y, b.sum(y, 'columns')));
    });
  });

  test.each([
    ['batchSum', (b: ProgramBuilder, p: Value): Value => b.batchSum(b.expand(p, 2, 2))],
    ['weightGradient', (b: ProgramBuilder, p: Value): Value => b.weightGradient(b.expand(p, 2, 2), b.uniform(2, 2))],
  ])('throw when the loss is made from %s', (op, author) => {
    const b = new ProgramBuilder();
    const p = b.input('p', 1, 2);
    expect(() => b.gradients(author(b, p), [p])).toThrow(
      expect.objectContaining({
        code: 'program-not-differentiable',
        message: expect.stringContaining(op) as string,
      }) as ProgramError,
    );
  });

  test('throw when a parameter is broadcast along one dimension in parameter space', () => {
    const b = new ProgramBuilder();
    const p = b.input('p', 1, 3);
    const loss = weigh(b, b.multiply(p, b.table(2, 3, [1, 2, 3, 4, 5, 6])));
    expect(() => b.gradients(loss, [p])).toThrow('Cannot differentiate a parameter broadcast from [1, 3] to [2, 3]');
  });

  test("throw when a scan's decay is a parameter with a row for each time step", () => {
    const b = new ProgramBuilder();
    const p = b.input('p', T, 3);
    const loss = weigh(b, b.scan(p, noise(b, T, 3)));
    expect(() => b.gradients(loss, [p])).toThrow(ProgramError);
  });
});

test('differentiation turns a region around and hoists its weight gradients out', () => {
  const program = programOf((b) => {
    const r = b.input('r', 2, 2);
    const loss = weigh(b, denseRecurrence(b, noise(b, T, 2), r));
    b.output('gradient/r', b.gradients(loss, [r])[0]!);
  });
  expect(program.regions).toEqual([{ reverse: false }, { reverse: true }]);
  const sinks = program.operations.filter(({ op }) => op === 'weightGradient' || op === 'batchSum');
  expect(sinks).toHaveLength(1);
  expect(sinks[0]?.region).toBeUndefined();
  expect(program.operations.filter(({ op }) => op === 'delay').map(({ region }) => region)).toEqual([0, 1]);
});
