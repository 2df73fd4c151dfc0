// What every operation accepts: shapes, spaces and stages.

import { describe, expect, test } from 'vitest';

import { inferValues, ProgramBuilder, ProgramError, type ProgramErrorCode, type Value } from '../../tensor/index.js';

interface Operands {
  readonly b: ProgramBuilder;
  /** Parameter space. */
  readonly p: (rows: number, columns: number) => Value;
  /** Sequence space. */
  readonly s: (rows: number, columns: number) => Value;
  /** Parameter space, known after the microbatch. */
  readonly e: (rows: number, columns: number) => Value;
}

function operands(): Operands {
  const b = new ProgramBuilder();
  return {
    b,
    p: (rows, columns) => b.constant(0.5, rows, columns),
    s: (rows, columns) => b.uniform(rows, columns),
    e: (rows, columns) => b.batchSum(b.uniform(rows, columns), true),
  };
}

type Rejected = readonly [wanted: string, author: (operands: Operands) => Value];

const expectRejected = ([wanted, author]: Rejected, code: ProgramErrorCode): void => {
  let thrown: unknown;
  try {
    author(operands());
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(ProgramError);
  expect(thrown).toMatchObject({ code, message: wanted });
};

const of = (op: string, found: string, wanted: string): string =>
  `Cannot accept operation N (${op}): ${found} found, ${wanted} wanted`;

const shapes: Readonly<Record<string, Rejected>> = {
  add: [
    of('add', 'sequence [2, 3] and sequence [3, 2]', 'shapes that are equal or 1 in each dimension'),
    ({ b, s }) => b.add(s(2, 3), s(3, 2)),
  ],
  divide: [
    of('divide', 'sequence [2, 3] and parameter [2, 2]', 'shapes that are equal or 1 in each dimension'),
    ({ b, s, p }) => b.divide(s(2, 3), p(2, 2)),
  ],
  select: [
    of('select', 'sequence [2, 1] and sequence [3, 3] and parameter [1, 1]', 'shapes that are equal or 1 in each dimension'),
    ({ b, s }) => b.select(s(2, 1), s(3, 3), 0),
  ],
  expand: [of('expand', 'parameter [2, 3]', 'a shape that broadcasts to [4, 3]'), ({ b, p }) => b.expand(p(2, 3), 4, 3)],
  matmul: [
    of('matmul', 'sequence [5, 3] and parameter [2, 4]', '4 columns on the left'),
    ({ b, s, p }) => b.matmul(s(5, 3), p(2, 4)),
  ],
  'matmul by the transpose': [
    of('matmul', 'sequence [5, 4] and parameter [2, 4]', '2 columns on the left'),
    ({ b, s, p }) => b.matmul(s(5, 4), p(2, 4), true),
  ],
  'product nn': [
    of('product', 'sequence [2, 3] and sequence [2, 3]', 'an inner dimension of equal size (form nn)'),
    ({ b, s }) => b.product(s(2, 3), s(2, 3), 'nn'),
  ],
  'product nt': [
    of('product', 'sequence [2, 3] and sequence [3, 2]', 'an inner dimension of equal size (form nt)'),
    ({ b, s }) => b.product(s(2, 3), s(3, 2), 'nt'),
  ],
  'product tn': [
    of('product', 'sequence [2, 3] and sequence [3, 3]', 'an inner dimension of equal size (form tn)'),
    ({ b, s }) => b.product(s(2, 3), s(3, 3), 'tn'),
  ],
  'product with triangle output': [
    of('product', 'sequence [2, 3] and sequence [4, 3]', 'a square nt product for triangle output'),
    ({ b, s }) => b.product(s(2, 3), s(4, 3), 'nt', 'output'),
  ],
  'product nn with triangle output': [
    of('product', 'sequence [2, 2] and sequence [2, 2]', 'a square nt product for triangle output'),
    ({ b, s }) => b.product(s(2, 2), s(2, 2), 'nn', 'output'),
  ],
  'product with triangle left': [
    of('product', 'sequence [2, 3] and sequence [3, 3]', 'a square left operand of an nn or tn product for triangle left'),
    ({ b, s }) => b.product(s(2, 3), s(3, 3), 'nn', 'left'),
  ],
  'product nt with triangle left': [
    of('product', 'sequence [2, 2] and sequence [2, 2]', 'a square left operand of an nn or tn product for triangle left'),
    ({ b, s }) => b.product(s(2, 2), s(2, 2), 'nt', 'left'),
  ],
  slice: [
    of('slice', 'sequence [2, 3]', 'a window [2, 2] at (1, 0) inside the operand'),
    ({ b, s }) => b.slice(s(2, 3), { row: 1, rows: 2, columns: 2 }),
  ],
  pad: [
    of('pad', 'sequence [2, 3]', 'an operand that fits at (1, 0) in [2, 3]'),
    ({ b, s }) => b.pad(s(2, 3), { row: 1, column: 0, rows: 2, columns: 3 }),
  ],
  'concatenate rows': [
    of('concatenate', 'sequence [2, 3] and sequence [2, 2]', 'equal numbers of columns'),
    ({ b, s }) => b.concatenate([s(2, 3), s(2, 2)], 'rows'),
  ],
  'concatenate columns': [
    of('concatenate', 'sequence [2, 3] and sequence [3, 3]', 'equal numbers of rows'),
    ({ b, s }) => b.concatenate([s(2, 3), s(3, 3)], 'columns'),
  ],
  reshape: [of('reshape', 'sequence [2, 3]', 'as many elements as [4, 2] has'), ({ b, s }) => b.reshape(s(2, 3), 4, 2)],
  scan: [
    of('scan', 'parameter [1, 2] and sequence [4, 3]', 'shapes that are equal or 1 in each dimension'),
    ({ b, s, p }) => b.scan(p(1, 2), s(4, 3)),
  ],
  'scan with too large a decay': [
    of('scan', 'parameter [4, 3] and sequence [1, 3]', 'a decay that broadcasts to the sequence-space input'),
    ({ b, s, p }) => b.scan(p(4, 3), s(1, 3)),
  ],
  weightGradient: [
    of('weightGradient', 'sequence [2, 3] and sequence [3, 3]', 'equal numbers of rows'),
    ({ b, s }) => b.weightGradient(s(2, 3), s(3, 3)),
  ],
  table: [of('table', 'nothing', '4 elements'), ({ b }) => b.table(2, 2, [1, 2, 3])],
  input: [of('input', 'nothing', 'an input index below 0, not 3,'), ({ b }) => b.append({ op: 'input', input: 3 })],
};

const placeless = (message: string): string => message.replace(/operation \d+/, 'operation N');

/** Numbers of operations are of no interest here. */
function withoutIndex(author: Rejected[1]): Rejected[1] {
  return (given) => {
    try {
      return author(given);
    } catch (error) {
      if (error instanceof ProgramError) throw new ProgramError(error.code, placeless(error.message));
      throw error;
    }
  };
}

describe('an operation names itself and both shapes when they do not fit', () => {
  test.each(Object.entries(shapes))('%s', (_, [wanted, author]) => {
    expectRejected([wanted, withoutIndex(author)], 'program-shape');
  });
});

const oneStage = 'operands of one stage (sums are not known inside a sequence)';
const stages: Readonly<Record<string, Rejected>> = {
  'add of a sum': [of('add', 'sequence [1, 2] and parameter [1, 2]', oneStage), ({ b, s, e }) => b.add(s(1, 2), e(1, 2))],
  'select of a sum': [
    of('select', 'sequence [1, 2] and parameter [1, 2] and parameter [1, 1]', oneStage),
    ({ b, s, e }) => b.select(s(1, 2), b.flush(e(1, 2)), 0),
  ],
  'expand of a sum': [
    of('expand', 'parameter [1, 2]', 'an operand that depends on parameters alone'),
    ({ b, e }) => b.expand(e(1, 2), 3, 2),
  ],
  'matmul by a sum': [
    of('matmul', 'sequence [1, 2] and parameter [2, 2]', 'a right operand that depends on parameters alone'),
    ({ b, s, e }) => b.matmul(s(1, 2), e(2, 2)),
  ],
  'matmul by a sequence': [
    of('matmul', 'sequence [1, 2] and sequence [2, 2]', 'a right operand that depends on parameters alone'),
    ({ b, s }) => b.matmul(s(1, 2), s(2, 2)),
  ],
  'matmul of a parameter': [
    of('matmul', 'parameter [1, 2] and parameter [2, 2]', 'a sequence-space left operand'),
    ({ b, p }) => b.matmul(p(1, 2), p(2, 2)),
  ],
  'product of a parameter': [
    of('product', 'sequence [1, 2] and parameter [2, 2]', 'a sequence-space right operand'),
    ({ b, s, p }) => b.product(s(1, 2), p(2, 2), 'nn'),
  ],
  'weightGradient of a parameter': [
    of('weightGradient', 'sequence [1, 2] and parameter [1, 2]', 'a sequence-space right operand'),
    ({ b, s, p }) => b.weightGradient(s(1, 2), p(1, 2)),
  ],
  'scan by a sum': [
    of('scan', 'parameter [1, 2] and sequence [3, 2]', 'a decay that is known inside a sequence'),
    ({ b, s, e }) => b.scan(e(1, 2), s(3, 2)),
  ],
  'sum of a parameter': [of('sum', 'parameter [2, 2]', 'a sequence-space operand'), ({ b, p }) => b.sum(p(2, 2), 'rows')],
  'max of a parameter': [of('max', 'parameter [2, 2]', 'a sequence-space operand'), ({ b, p }) => b.max(p(2, 2))],
  'batchSum of a parameter': [of('batchSum', 'parameter [2, 2]', 'a sequence-space operand'), ({ b, p }) => b.batchSum(p(2, 2))],
  'total of a sequence': [of('total', 'sequence [2, 2]', 'a parameter-space operand'), ({ b, s }) => b.total(s(2, 2))],
  'transpose of a parameter': [
    of('transpose', 'parameter [2, 2]', 'sequence-space operands'),
    ({ b, p }) => b.transpose(p(2, 2)),
  ],
};

describe('an operation names itself and what it wanted when its operands belong to another stage', () => {
  test.each(Object.entries(stages))('%s', (_, [wanted, author]) => {
    expectRejected([wanted, withoutIndex(author)], 'program-stage');
  });
});

test('inferValues() gives space, shape and stage of every value', () => {
  const b = new ProgramBuilder();
  const w = b.input('w', 2, 3);
  const y = b.matmul(b.uniform(4, 3), b.square(w));
  b.output('sum', b.multiply(b.batchSum(y), 2));
  const program = b.build();
  const described = inferValues(program).map(({ space, stage, rows, columns }, index) =>
    [program.operations[index]!.op, space, stage, rows, columns].join(' '),
  );
  expect(described).toEqual([
    'input parameter prologue 2 3',
    'flush parameter prologue 2 3',
    'uniform sequence body 4 3',
    'multiply parameter prologue 2 3',
    'flush parameter prologue 2 3',
    'matmul sequence body 4 2',
    'flush sequence body 4 2',
    'batchSum parameter epilogue 1 2',
    'constant parameter prologue 1 1',
    'multiply parameter epilogue 1 2',
    'flush parameter epilogue 1 2',
  ]);
});

test('inferValues() throws when an operand comes later', () => {
  const program = {
    version: 1,
    inputs: [],
    outputs: [],
    regions: [],
    operations: [
      { op: 'negate', of: [1] },
      { op: 'constant', rows: 1, columns: 1, bits: 0 },
    ],
  } as const;
  expect(() => inferValues(program)).toThrow('Cannot accept operation 0 (negate): operand 1 found, an earlier operation wanted');
});
