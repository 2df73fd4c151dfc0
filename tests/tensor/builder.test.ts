// What the builder does beyond appending: sharing, folding, flushing, pruning.

import { describe, expect, test } from 'vitest';

import { floatOf, ProgramBuilder, ProgramError, updateFlushExponent, type Operation, type Value } from '../../tensor/index.js';
import { interpret, programOf } from './programs.js';

/** The operation that made a value. */
const madeBy = (b: ProgramBuilder, value: Value): Operation => b.operations[value.id]!;

/** The operation that made an operand of a value. */
function operandOf(b: ProgramBuilder, value: Value, index = 0): Operation {
  const operation = madeBy(b, value);
  if (!('of' in operation)) throw new Error(`Cannot find an operand: ${operation.op} has none`);
  return b.operations[operation.of[index]!]!;
}

describe('sharing', () => {
  test('append() finds the same operation again', () => {
    const b = new ProgramBuilder();
    const x = b.uniform(2, 2);
    expect(b.tanh(x).id).toBe(b.tanh(x).id);
    expect(b.constant(1).id).toBe(b.constant(1).id);
    expect(b.constant(0).id).not.toBe(b.constant(-0).id);
    expect(b.add(x, 1).id).not.toBe(b.add(1, x).id);
  });

  test('uniform() is fresh on every call', () => {
    const b = new ProgramBuilder();
    const [x, y] = [b.uniform(1, 3), b.uniform(1, 3)];
    expect(x.id).not.toBe(y.id);
    expect(madeBy(b, y)).toMatchObject({ draw: 2 });
  });

  test('delay() is a state of its own on every call', () => {
    const b = new ProgramBuilder();
    const close = b.openRegion(false);
    const [h, k] = [b.delay(2, 2), b.delay(2, 2)];
    expect(h.id).not.toBe(k.id);
    b.carry(h, b.tanh(h));
    b.carry(k, b.tanh(k));
    close();
  });
});

describe('folding', () => {
  test('arithmetic of constants becomes a constant, rounded once', () => {
    const b = new ProgramBuilder();
    const scalar = (value: Value): number | undefined => b.scalarOf(value);
    expect(scalar(b.add(0.1, 0.2))).toBe(Math.fround(Math.fround(0.1) + Math.fround(0.2)));
    expect(scalar(b.subtract(1, 0.7))).toBe(Math.fround(1 - Math.fround(0.7)));
    expect(scalar(b.multiply(3, 0.1))).toBe(Math.fround(3 * Math.fround(0.1)));
    expect(scalar(b.divide(1, 3))).toBe(Math.fround(1 / 3));
    expect(b.add(b.constant(1, 2, 1), b.constant(1, 1, 3))).toMatchObject({ rows: 2, columns: 3 });
  });

  test('a product with 1 and a quotient by 1 are the other operand, unless its shape grows', () => {
    const b = new ProgramBuilder();
    const x = b.uniform(2, 2);
    expect(b.multiply(x, 1)).toEqual(x);
    expect(b.multiply(1, x)).toEqual(x);
    expect(b.divide(x, 1)).toEqual(x);
    expect(madeBy(b, b.multiply(b.row(x, 0), b.constant(1, 2, 2))).op).toBe('multiply');
  });

  test('a sum with 0 stays, because −0 + 0 is +0', () => {
    const b = new ProgramBuilder();
    expect(madeBy(b, b.add(b.uniform(1, 1), 0)).op).toBe('add');
  });

  test('a quotient of constants by 0 stays', () => {
    const b = new ProgramBuilder();
    expect(madeBy(b, b.divide(1, 0)).op).toBe('divide');
  });

  test('views that change nothing are no operations', () => {
    const b = new ProgramBuilder();
    const x = b.uniform(2, 3);
    for (const same of [b.slice(x, {}), b.reshape(x, 2, 3), b.shift(x, 0), b.concatenate([x], 'rows')]) expect(same).toEqual(x);
  });
});

describe('flushing', () => {
  type Author = (b: ProgramBuilder, x: Value, p: Value) => Value;
  const flushedOperands: readonly (readonly [string, readonly number[], Author])[] = [
    ['divide', [1], (b, x) => b.divide(1, x)],
    ['less', [0, 1], (b, x) => b.less(x, b.negate(x))],
    ['lessOrEqual', [0, 1], (b, x) => b.lessOrEqual(x, b.negate(x))],
    ['equal', [0, 1], (b, x) => b.equal(x, b.negate(x))],
    ['select', [0], (b, x) => b.select(x, 1, 2)],
    ['sqrt', [0], (b, x) => b.sqrt(x)],
    ['log', [0], (b, x) => b.log(x)],
    ['matmul', [0, 1], (b, x, p) => b.matmul(x, p)],
    ['product', [0, 1], (b, x) => b.product(x, b.negate(x), 'nt')],
    ['sum', [0], (b, x) => b.sum(x, 'rows')],
    ['max', [0], (b, x) => b.max(x)],
    ['total', [0], (b, _, p) => b.total(p)],
    ['scan', [0], (b, x) => b.scan(x, b.negate(x))],
    ['batchSum', [0], (b, x) => b.batchSum(x)],
    ['weightGradient', [0, 1], (b, x) => b.weightGradient(x, b.negate(x))],
  ];

  test.each(flushedOperands)('%s() flushes its operands %j', (op, flushed, author) => {
    const b = new ProgramBuilder();
    const x = b.multiply(b.uniform(2, 2), 0.5);
    const result = author(b, x, b.multiply(b.constant(0.5, 2, 2), b.input('p', 2, 2)));
    const operation = madeBy(b, result);
    expect(operation.op).toBe(op);
    const operands = 'of' in operation ? operation.of : [];
    const isFlushed = operands
      .map((_, index) => operandOf(b, result, index))
      .map((operand) => (operand.op === 'negate' ? b.operations[operand.of[0]]!.op === 'flush' : operand.op === 'flush'));
    expect(isFlushed.flatMap((is, index) => (is ? [index] : []))).toEqual(flushed);
  });

  test.each(['add', 'subtract', 'multiply', 'minimum', 'maximum'] as const)('%s() flushes nothing', (op) => {
    const b = new ProgramBuilder();
    const x = b.multiply(b.uniform(2, 2), 0.5);
    expect(operandOf(b, b[op](x, b.square(x))).op).toBe('multiply');
  });

  test('input() and output() flush', () => {
    const program = programOf((b) => b.output('y', b.multiply(b.input('x', 1, 3), 0.5)));
    expect(program.operations.map(({ op }) => op)).toEqual(['input', 'flush', 'constant', 'multiply', 'flush']);
    expect(interpret(program, [2 ** -50, 2 ** -51, 2 ** -52])['y']).toEqual([2 ** -51, 0, 0]);
  });

  test('a state is flushed before it is carried', () => {
    const b = new ProgramBuilder();
    const x = b.uniform(3, 2);
    const h = b.region(({ prev, set }) => {
      const state = prev(3, 2);
      set(state, b.multiply(b.add(state, x), 0.5));
      return state;
    });
    expect(operandOf(b, h)).toMatchObject({ op: 'flush', exponent: -51, region: 0 });
  });

  test("the exponent is the builder's", () => {
    const b = new ProgramBuilder({ flushExponent: updateFlushExponent });
    expect(madeBy(b, b.input('x', 1, 1))).toMatchObject({ op: 'flush', exponent: -100 });
  });

  const known: readonly (readonly [string, (b: ProgramBuilder) => Value])[] = [
    ['a flushed value', (b) => b.flush(b.square(b.uniform(2, 2)))],
    ['a draw', (b) => b.uniform(2, 2)],
    ['indexes', (b) => b.iota(2, 2, 'rows')],
    ['a large constant', (b) => b.constant(-0.5)],
    ['zero', (b) => b.constant(0)],
    ['a table of large numbers', (b) => b.table(1, 2, [1, -2])],
    ['a comparison', (b) => b.less(b.uniform(1, 1), 0.5)],
    ['scan', (b) => b.scan(b.constant(0.5), b.uniform(2, 2))],
    [
      'views, signs and choices of flushed values',
      (b) => b.negate(b.maximum(b.select(b.less(b.uniform(2, 2), 1), b.transpose(b.uniform(2, 2)), 0), 1)),
    ],
  ];
  test.each(known)('flush() adds nothing to %s', (_, author) => {
    const b = new ProgramBuilder();
    const x = author(b);
    expect(b.flush(x)).toEqual(x);
  });

  const unknown: readonly (readonly [string, (b: ProgramBuilder) => Value])[] = [
    ['a product', (b) => b.square(b.uniform(2, 2))],
    ['a sum', (b) => b.add(b.uniform(2, 2), -0.5)],
    ['a small constant', (b) => b.constant(2 ** -52)],
    [
      'a value that was flushed below a smaller threshold',
      (b) => b.append({ op: 'flush', of: [b.square(b.uniform(1, 1)).id], exponent: -60 }),
    ],
    ['a choice of which one is not flushed', (b) => b.select(b.uniform(1, 1), b.square(b.uniform(1, 1)), 0)],
    ['exp', (b) => b.exp(b.uniform(1, 1))],
  ];
  test.each(unknown)('flush() flushes %s', (_, author) => {
    const b = new ProgramBuilder();
    expect(madeBy(b, b.flush(author(b))).op).toBe('flush');
  });

  test('table() is flushed when it holds small numbers', () => {
    const b = new ProgramBuilder();
    expect(madeBy(b, b.table(1, 2, [1, 2 ** -52])).op).toBe('flush');
  });
});

describe('refusals', () => {
  test('input() throws when the name is taken', () => {
    const b = new ProgramBuilder();
    b.input('w', 1, 1);
    expect(() => b.input('w', 2, 2)).toThrow('Cannot add input: a second "w" found, distinct names wanted');
  });

  test('output() throws when the value is a sequence', () => {
    const b = new ProgramBuilder();
    expect(() => b.output('y', b.uniform(1, 1))).toThrow(ProgramError);
  });

  test('valueAt() throws when there is no such value', () => {
    expect(() => new ProgramBuilder().valueAt(0)).toThrow('Cannot find a value: index 0 found, below 0 wanted');
  });
});

describe('build()', () => {
  test('leaves out what no output needs, and keeps all inputs', () => {
    const program = programOf((b) => {
      const [x, unused] = [b.input('x', 1, 2), b.input('unused', 3, 3)];
      b.total(unused);
      b.batchSum(b.uniform(9, 9));
      b.output('y', x);
    });
    expect(program.inputs.map(({ name }) => name)).toEqual(['x', 'unused']);
    expect(program.operations).toEqual([
      { op: 'input', input: 0 },
      { op: 'flush', of: [0], exponent: -51 },
    ]);
  });

  test('numbers regions anew when one is left out', () => {
    const program = programOf((b) => {
      const x = b.uniform(2, 2);
      const [, kept] = [0.25, 0.5].map((decay) =>
        b.region(({ prev, set }) => {
          const h = prev(2, 2);
          const next = b.add(b.multiply(h, decay), x);
          set(h, next);
          return next;
        }, decay === 0.5),
      );
      b.output('sum', b.batchSum(kept!));
    });
    expect(program.regions).toEqual([{ reverse: true }]);
    expect(new Set(program.operations.flatMap(({ region }) => region ?? []))).toEqual(new Set([0]));
    const constants = program.operations.flatMap((operation) => (operation.op === 'constant' ? [floatOf(operation.bits)] : []));
    expect(constants).toEqual([0.5]);
  });
});
