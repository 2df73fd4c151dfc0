// Values from outside, from nowhere and from chance, and the same elements at other places.

import { caseOf, drawn, ordinary, same, type CaseAuthor, type ConformanceCase } from './case.js';

const matrix = (name: string, build: CaseAuthor['build']): CaseAuthor => ({
  name,
  shapes: [[4, 6]],
  inputs: [ordinary(24, 3)],
  build,
});

function sourceCases(): readonly ConformanceCase[] {
  return [
    caseOf('input', {
      name: 'three tensors, one of them not used',
      shapes: [
        [2, 3],
        [5, 1],
        [1, 4],
      ],
      inputs: [ordinary(6, 1), ordinary(5, 2), ordinary(4, 3)],
      build: (b, x, _, z) => [x, z, same(b, x)],
    }),
    caseOf('constant', {
      name: 'scalars and matrices',
      build: (b) => [b.constant(0.1), b.constant(-1e10, 2, 3), b.constant(-0, 1, 2), same(b, b.constant(Math.PI, 3, 1))],
    }),
    caseOf('table', {
      name: 'a matrix',
      build: (b) => [b.table(3, 5, ordinary(15, 4)), same(b, b.table(2, 2, [0.1, -0, 1e-20, 3]))],
    }),
    caseOf('iota', {
      name: 'rows and columns',
      build: (b) => [b.iota(3, 5, 'rows'), b.iota(3, 5, 'columns'), same(b, b.iota(9, 2, 'rows')), b.iota(1, 130, 'columns')],
    }),
    ...[8, 16, 40].map((sequenceCount) =>
      caseOf('uniform', {
        name: `${sequenceCount} sequences`,
        sequenceCount,
        build: (b) => [b.uniform(1, 1), b.uniform(2, 5), b.uniform(3, 3), b.multiply(b.uniform(1, 7), b.uniform(1, 7))],
      }),
    ),
    caseOf('expand', {
      name: 'all ways of broadcasting',
      shapes: [
        [1, 1],
        [1, 5],
        [3, 1],
        [3, 5],
      ],
      inputs: [ordinary(1, 5), ordinary(5, 6), ordinary(3, 7), ordinary(15, 8)],
      build: (b, ...inputs) => inputs.map((x) => b.multiply(b.expand(x, 3, 5), b.uniform(3, 5))),
    }),
  ];
}

function viewCases(): readonly ConformanceCase[] {
  return [
    caseOf(
      'slice',
      matrix('windows', (b, x) => [
        b.slice(same(b, x), { row: 1, rows: 2 }),
        b.slice(same(b, x), { column: 2, columns: 3 }),
        b.slice(same(b, x), { row: 3, column: 5 }),
        b.slice(drawn(b, 4, 6), { row: 1, column: 1, rows: 2, columns: 4 }),
      ]),
    ),
    caseOf(
      'pad',
      matrix('windows', (b, x) => [
        b.pad(same(b, x), { row: 0, column: 0, rows: 5, columns: 7 }),
        b.pad(same(b, x), { row: 2, column: 3, rows: 6, columns: 9 }),
        b.pad(drawn(b, 2, 3), { row: 1, column: 0, rows: 3, columns: 4 }),
      ]),
    ),
    caseOf(
      'concatenate',
      matrix('rows and columns', (b, x) => [
        b.concatenate([same(b, x), drawn(b, 1, 6), same(b, x)], 'rows'),
        b.concatenate([same(b, x), drawn(b, 4, 1), drawn(b, 4, 3)], 'columns'),
      ]),
    ),
    caseOf(
      'reshape',
      matrix('other rows', (b, x) => [
        b.reshape(same(b, x), 6, 4),
        b.reshape(same(b, x), 1, 24),
        b.sum(b.reshape(drawn(b, 4, 6), 3, 8), 'columns'),
      ]),
    ),
    caseOf(
      'transpose',
      matrix('matrices and vectors', (b, x) => [
        b.transpose(same(b, x)),
        b.transpose(drawn(b, 1, 5)),
        b.transpose(drawn(b, 7, 1)),
      ]),
    ),
    caseOf(
      'shift',
      matrix('in time', (b, x) => [...[1, -1, 3, -3, 4, -9].map((by) => b.shift(same(b, x), by)), b.shift(drawn(b, 3, 2), 1)]),
    ),
  ];
}

/** All cases of sources and views. */
export const sourceAndViewCases = (): readonly ConformanceCase[] => [...sourceCases(), ...viewCases()];
