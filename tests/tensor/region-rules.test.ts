// What holds inside a region, of programs as they come from outside.

import { expect, test } from 'vitest';

import { inferValues, ProgramBuilder, ProgramError, type Operation, type Program, type Value } from '../../tensor/index.js';
import { denseRecurrence } from './cells.js';
import { programOf } from './programs.js';

const uniform: Operation = { op: 'uniform', rows: 3, columns: 2, draw: 0 };
const delay: Operation = { op: 'delay', of: [2], rows: 3, columns: 2, region: 0 };

const of = (operations: readonly Operation[], regions = [{ reverse: false }]): Program => ({
  version: 1,
  inputs: [],
  outputs: [],
  regions,
  operations,
});

test('inferValues() accepts a region and gives its number with its values', () => {
  const values = inferValues(of([uniform, delay, { op: 'add', of: [0, 1], region: 0 }]));
  expect(values.map(({ region }) => region)).toEqual([undefined, 0, 0]);
});

test.each<readonly [string, string, readonly Operation[]]>([
  ['an unknown region', 'operation 1 (delay) in a region: a region below 1, not 1,', [uniform, { ...delay, region: 1 }]],
  [
    'operations that do not follow each other',
    'operation 3 (add) in a region: consecutive operations',
    [uniform, delay, { op: 'negate', of: [0] }, { op: 'add', of: [0, 1], region: 0 }],
  ],
  ['a product over time', 'operation 1 (transpose) in a region', [uniform, { op: 'transpose', of: [0], region: 0 }]],
  ['a scan', 'operation 1 (scan) in a region', [uniform, { op: 'scan', of: [0, 0], reverse: false, region: 0 }]],
  ['a draw', 'operation 0 (uniform) in a region', [{ ...uniform, region: 0 }]],
  [
    'a sum over time',
    'operation 1 (sum) in a region: a sum over columns',
    [uniform, { op: 'sum', of: [0], axis: 'rows', region: 0 }],
  ],
  [
    'concatenation in time',
    'operation 1 (concatenate) in a region: concatenation of columns',
    [uniform, { op: 'concatenate', of: [0, 0], axis: 'rows', region: 0 }],
  ],
  [
    'a window in time',
    'operation 1 (slice) in a region: a window over all time steps',
    [uniform, { op: 'slice', of: [0], row: 1, column: 0, rows: 2, columns: 2, region: 0 }],
  ],
  [
    'other numbers of time steps',
    'operation 3 (negate) in a region: operands of 3 or 1 rows',
    [uniform, { ...uniform, rows: 4 }, { ...delay, of: [3] }, { op: 'negate', of: [1], region: 0 }],
  ],
  [
    'a result of one time step',
    'operation 3 (negate) in a region: a result of 3 rows, not 1,',
    [uniform, { ...uniform, rows: 1 }, { ...delay, of: [3] }, { op: 'negate', of: [1], region: 0 }],
  ],
  [
    'parameters alone',
    'operation 1 (negate) in a region: a sequence-space operand',
    [
      { op: 'constant', rows: 1, columns: 1, bits: 0 },
      { op: 'negate', of: [0], region: 0 },
    ],
  ],
  ['a state from outside', 'operation 1 (delay) in a region: an operand of the same region', [uniform, { ...delay, of: [0] }]],
  [
    'a delay outside of regions',
    'operation 0 (delay) in a region: an operand of the same region',
    [{ op: 'delay', of: [0], rows: 1, columns: 1 }],
  ],
  [
    'a delay of another region',
    'operation 3 (delay) in a region: an operand of the same region',
    [uniform, { ...delay, of: [2] }, { op: 'add', of: [0, 1], region: 0 }, { ...delay, of: [2], region: 1 }],
  ],
])('inferValues() throws when a region has %s', (_, wanted, operations) => {
  const regions = wanted.includes('operation 3 (delay)') ? [{ reverse: false }, { reverse: true }] : [{ reverse: false }];
  const infer = (): unknown => inferValues(of(operations, regions));
  expect(infer).toThrow(ProgramError);
  expect(infer).toThrow(wanted);
  expect(infer).toThrow(expect.objectContaining({ code: 'program-region' }) as ProgramError);
});

test('inferValues() throws when a delay has another shape than what it delays', () => {
  const program = of([uniform, { ...delay, columns: 1 }, { op: 'add', of: [0, 1], region: 0 }]);
  expect(() => inferValues(program)).toThrow('Cannot accept operation 1 (delay): [3, 2] found, [3, 1] wanted');
});

test('the builder keeps operations on parameters out of a region, which stays whole', () => {
  const program = programOf((b) => {
    const x = b.uniform(3, 2);
    const r = b.input('r', 2, 2);
    const states = b.region(({ prev, set }) => {
      const h = prev(3, 2);
      const next = b.add(b.matmul(h, b.multiply(r, 0.5)), x);
      set(h, next);
      return next;
    });
    b.output('sum', b.batchSum(states));
  });
  const values = inferValues(program);
  expect(values.filter(({ space }) => space === 'parameter').every(({ region }) => region === undefined)).toBe(true);
  const timed = values.flatMap(({ space, region }) => (space === 'sequence' ? [region] : []));
  expect(timed).toEqual([undefined, 0, 0, 0, 0, undefined]);
});

test('region() throws when a state has no successor, when regions nest, and when what is set is no state', () => {
  const b = new ProgramBuilder();
  expect(() => b.region(({ prev }) => prev(3, 2))).toThrow(
    'Cannot close a region: 1 states without successor found, none wanted',
  );
  const c = new ProgramBuilder();
  const x = c.uniform(3, 2);
  const nested = (): Value => c.region(() => denseRecurrence(c, x, c.constant(0, 2, 2)));
  expect(nested).toThrow('Cannot open a region: an open region found, none wanted');
  const d = new ProgramBuilder();
  const y = d.uniform(3, 2);
  expect(() => d.region(({ set }) => set(y, y))).toThrow('Cannot carry a state: a value that is not from prev found');
});
