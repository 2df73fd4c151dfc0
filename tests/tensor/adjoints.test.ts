// The adjoint of every operation against central differences, in parameter space and in sequence space.

import { describe, test } from 'vitest';

import type { ProgramBuilder, Value } from '../../tensor/index.js';
import { expectGradients, gradientProgram, noise, numbers, weigh, type LossAuthor, type Shapes } from './finite-differences.js';

const [T, U] = [3, 4];

function check(shapes: Shapes, author: LossAuthor, [low, high]: readonly [number, number] = [0.4, 1.6]): void {
  const count = Object.values(shapes).reduce((sum, [rows, columns]) => sum + rows * columns, 0);
  expectGradients(gradientProgram(shapes, author), numbers(count, low, high));
}

/** A parameter in sequence space, other in every sequence, of its own sign. */
const timed = (b: ProgramBuilder, p: Value): Value =>
  b.multiply(b.expand(p, p.rows, p.columns), b.add(0.5, b.uniform(p.rows, p.columns)));

const unary: Readonly<Record<string, (b: ProgramBuilder, x: Value) => Value>> = {
  negate: (b, x) => b.negate(x),
  absolute: (b, x) => b.absolute(b.subtract(x, 0.8)),
  sqrt: (b, x) => b.sqrt(x),
  exp: (b, x) => b.exp(x),
  log: (b, x) => b.log(x),
  tanh: (b, x) => b.tanh(x),
  sigmoid: (b, x) => b.sigmoid(x),
  sin: (b, x) => b.sin(b.multiply(x, 3)),
  cos: (b, x) => b.cos(b.multiply(x, 3)),
  square: (b, x) => b.square(x),
  flush: (b, x) => b.flush(b.multiply(x, x)),
  'add to itself': (b, x) => b.add(x, x),
  'subtract from itself': (b, x) => b.subtract(b.square(x), x),
};

describe.each(Object.entries(unary))('%s', (_, apply) => {
  test('has its adjoint in parameter space', () => check({ p: [2, 3] }, (b, p) => weigh(b, apply(b, p))));
  test('has its adjoint in sequence space', () => check({ p: [T, U] }, (b, p) => weigh(b, apply(b, timed(b, p)))));
});

const binary: Readonly<Record<string, (b: ProgramBuilder, x: Value, y: Value) => Value>> = {
  add: (b, x, y) => b.add(x, y),
  subtract: (b, x, y) => b.subtract(x, y),
  multiply: (b, x, y) => b.multiply(x, y),
  divide: (b, x, y) => b.divide(x, y),
  minimum: (b, x, y) => b.minimum(x, y),
  maximum: (b, x, y) => b.maximum(x, y),
  'select by comparison': (b, x, y) => b.select(b.less(x, y), b.square(x), b.multiply(y, 3)),
};

const forms = [
  [
    [T, U],
    [T, U],
  ],
  [
    [T, U],
    [1, U],
  ],
  [
    [T, U],
    [T, 1],
  ],
  [
    [T, U],
    [1, 1],
  ],
  [
    [1, U],
    [T, 1],
  ],
  [
    [1, 1],
    [T, U],
  ],
  [
    [T, 1],
    [T, U],
  ],
  [
    [1, U],
    [T, U],
  ],
] as const;

describe.each(Object.entries(binary))('%s', (_, apply) => {
  test.each(forms)('has its adjoints when sequences have the shapes %j and %j', (first, second) => {
    check({ p: first, q: second }, (b, p, q) => weigh(b, apply(b, timed(b, p), timed(b, q))));
  });
  test.each(forms)('has its adjoints when a sequence has the shape %j and a parameter %j', (first, second) => {
    check({ p: first, q: second }, (b, p, q) => weigh(b, apply(b, timed(b, p), q)));
  });
  test.each(forms)('has its adjoints when a parameter has the shape %j and a sequence %j', (first, second) => {
    check({ p: first, q: second }, (b, p, q) => weigh(b, apply(b, p, timed(b, q))));
  });
  test.each([
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 3],
      [1, 1],
    ],
    [
      [1, 1],
      [2, 3],
    ],
  ] as const)('has its adjoints when parameters have the shapes %j and %j', (first, second) => {
    check({ p: first, q: second }, (b, p, q) => weigh(b, apply(b, p, q)));
  });
});

describe('select', () => {
  test.each(forms)('has its adjoints when its values have the shapes %j and %j', (first, second) => {
    check({ p: first, q: second }, (b, p, q) => weigh(b, b.select(b.less(b.uniform(T, 1), 0.5), timed(b, p), timed(b, q))));
  });
  test('has its adjoints when the condition is a parameter', () => {
    check({ p: [2, 3], q: [2, 3] }, (b, p, q) => weigh(b, b.select(b.table(1, 3, [0, 1, 0]), b.square(p), q)));
  });
});

describe('expand', () => {
  test.each([[[1, 1]], [[1, U]], [[T, 1]], [[T, U]]] as const)('has its adjoint when a parameter has the shape %j', (shape) => {
    check({ p: shape }, (b, p) => weigh(b, b.expand(b.square(p), T, U)));
  });
});

describe('matmul', () => {
  test.each([false, true])('has its adjoints when transposed is %j', (transposed) => {
    check({ x: [T, 4], w: transposed ? [4, 2] : [2, 4] }, (b, x, w) => weigh(b, b.matmul(timed(b, x), w, transposed)));
  });
  test('has its adjoints when the weight is computed from parameters', () => {
    check({ x: [T, 4], w: [2, 4], g: [1, 1] }, (b, x, w, g) => weigh(b, b.matmul(timed(b, x), b.multiply(b.tanh(w), g))));
  });
  test('has its adjoints when a weight is used twice', () => {
    check({ x: [T, 3], w: [3, 3] }, (b, x, w) => weigh(b, b.matmul(b.tanh(b.matmul(timed(b, x), w)), w, true)));
  });
  test('has its adjoints when the adjoint of its result is one number', () => {
    check({ x: [T, 3], w: [2, 3] }, (b, x, w) => b.matmul(timed(b, x), w));
  });
});

describe('product', () => {
  const shapes = {
    nn: [
      [3, 4],
      [4, 2],
    ],
    nt: [
      [3, 4],
      [2, 4],
    ],
    tn: [
      [4, 3],
      [4, 2],
    ],
  } as const;
  test.each(['nn', 'nt', 'tn'] as const)('has its adjoints in form %s', (form) => {
    const [first, second] = shapes[form];
    check({ p: first, q: second }, (b, p, q) => weigh(b, b.product(timed(b, p), timed(b, q), form)));
  });
  test('has its adjoints in form nt with triangle output', () => {
    check({ p: [4, 3], q: [4, 3] }, (b, p, q) => weigh(b, b.product(timed(b, p), timed(b, q), 'nt', 'output')));
  });
  test.each(['nn', 'tn'] as const)('has its adjoints in form %s with triangle left', (form) => {
    check({ p: [4, 4], q: [4, 2] }, (b, p, q) => {
      // The left operand is lower triangular already, so that the derivative does not see the elements that are not read.
      const row = b.expand(b.iota(4, 4, 'rows'), 4, 4);
      const lower = b.select(b.lessOrEqual(b.iota(4, 4, 'columns'), row), timed(b, p), 0);
      return weigh(b, b.product(lower, timed(b, q), form, 'left'));
    });
  });
  test('has its adjoints when both operands are one value', () => {
    check({ p: [3, 3] }, (b, p) => {
      const x = timed(b, p);
      return weigh(b, b.product(x, x, 'nn'));
    });
  });
});

describe('reductions', () => {
  test.each(['rows', 'columns'] as const)('sum over %s has its adjoint', (axis) => {
    check({ p: [T, U] }, (b, p) => weigh(b, b.square(b.sum(b.square(timed(b, p)), axis))));
  });
  test('sum has its adjoint when the sum is the loss', () => check({ p: [T, U] }, (b, p) => b.sum(timed(b, p), 'columns')));
  test('max has its adjoint', () => check({ p: [T, U] }, (b, p) => weigh(b, b.max(timed(b, p)))));
  test('total has its adjoint', () => {
    check({ p: [3, 5] }, (b, p) => weigh(b, b.multiply(b.total(b.square(p)), p)));
  });
});

describe('views', () => {
  const views: Readonly<Record<string, (b: ProgramBuilder, x: Value) => Value>> = {
    slice: (b, x) => b.slice(x, { row: 1, column: 2, rows: 2, columns: 1 }),
    'slice of rows': (b, x) => b.row(x, 2),
    pad: (b, x) => b.pad(x, { row: 1, column: 2, rows: 5, columns: 7 }),
    'concatenate rows': (b, x) => b.concatenate([x, b.row(b.square(x), 0), x], 'rows'),
    'concatenate columns': (b, x) => b.concatenate([b.square(x), b.slice(x, { columns: 1 }), x], 'columns'),
    reshape: (b, x) => b.reshape(x, 2, 6),
    transpose: (b, x) => b.transpose(x),
    'shift later': (b, x) => b.shift(x, 1),
    'shift earlier': (b, x) => b.shift(x, -2),
    'shift out of sight': (b, x) => b.add(b.shift(x, 5), x),
  };
  test.each(Object.entries(views))('%s has its adjoint', (_, apply) => {
    check({ p: [T, U] }, (b, p) => weigh(b, apply(b, timed(b, p))));
    check({ p: [T, U] }, (b, p) => b.square(apply(b, timed(b, p))));
  });
});

describe.each([false, true])('scan (reverse: %j)', (reverse) => {
  test.each([[[1, U]], [[1, 1]]] as const)('has its adjoints when the decay is a parameter of shape %j', (shape) => {
    check({ d: shape, x: [5, U] }, (b, d, x) => weigh(b, b.scan(b.sigmoid(d), timed(b, x), reverse)));
  });
  test.each([[[5, U]], [[5, 1]], [[1, U]]] as const)('has its adjoints when the decay is a sequence of shape %j', (shape) => {
    check({ d: shape, x: [5, U] }, (b, d, x) => weigh(b, b.scan(b.sigmoid(timed(b, d)), timed(b, x), reverse)));
  });
  test('has its adjoints when the states are the loss', () => {
    check({ d: [1, U], x: [5, U] }, (b, d, x) => b.scan(b.tanh(d), b.multiply(timed(b, x), noise(b, 5, U)), reverse));
  });
});
