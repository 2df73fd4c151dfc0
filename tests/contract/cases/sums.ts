// Sums, where the order is the contract.

import { caseOf, drawn, ordinary, same, spread, type ConformanceCase } from './case.js';

function contractionCases(): readonly ConformanceCase[] {
  const sizes = [
    [1, 1, 1],
    [3, 5, 4],
    [7, 17, 9],
    [4, 64, 33],
  ] as const;
  const matmul = sizes.flatMap(([rows, inner, outer], index) => [
    caseOf('matmul', {
      name: `[${rows}, ${inner}] by [${outer}, ${inner}]`,
      sequenceCount: index === 1 ? 16 : 8,
      shapes: [
        [rows, inner],
        [outer, inner],
      ],
      inputs: [spread(rows * inner, { least: -8, most: 8 }, index), ordinary(outer * inner, index)],
      build: (b, x, w) => [b.matmul(same(b, x), w), b.matmul(drawn(b, rows, inner), w), b.matmul(drawn(b, rows, outer), w, true)],
    }),
  ]);
  const products = sizes.slice(0, 3).map(([rows, inner, columns], index) =>
    caseOf('product', {
      name: `inner size ${inner}`,
      sequenceCount: index === 1 ? 16 : 8,
      build: (b) => [
        b.product(drawn(b, rows, inner), drawn(b, inner, columns), 'nn'),
        b.product(drawn(b, rows, inner), drawn(b, columns, inner), 'nt'),
        b.product(drawn(b, inner, rows), drawn(b, inner, columns), 'tn'),
      ],
    }),
  );
  const triangles = [1, 2, 5, 9].map((size) =>
    caseOf('product', {
      name: `triangular, ${size} rows`,
      build: (b) => {
        const [scores, values] = [b.product(drawn(b, size, 3), drawn(b, size, 3), 'nt', 'output'), drawn(b, size, 2)];
        const square = drawn(b, size, size);
        return [
          scores,
          b.product(scores, values, 'nn', 'left'),
          b.product(square, values, 'nn', 'left'),
          b.product(square, values, 'tn', 'left'),
        ];
      },
    }),
  );
  return [...matmul, ...products, ...triangles];
}

function reductionCases(): readonly ConformanceCase[] {
  const sizes = [
    [1, 1],
    [6, 1],
    [1, 6],
    [5, 19],
  ] as const;
  return sizes.flatMap(([rows, columns], index) => {
    const shared = {
      name: `[${rows}, ${columns}]`,
      shapes: [[rows, columns]] as const,
      inputs: [spread(rows * columns, { least: -9, most: 9 }, index)],
    };
    return [
      caseOf('sum', {
        ...shared,
        build: (b, x) => [
          b.sum(same(b, x), 'rows'),
          b.sum(same(b, x), 'columns'),
          b.sum(drawn(b, rows, columns), 'rows'),
          b.sum(drawn(b, rows, columns), 'columns'),
        ],
      }),
      caseOf('max', { ...shared, build: (b, x) => [b.max(same(b, x)), b.max(drawn(b, rows, columns))] }),
      caseOf('total', { ...shared, build: (b, x) => [b.total(x), b.total(b.square(x))] }),
      caseOf('batchSum', {
        ...shared,
        sequenceCount: 8 * (index + 1),
        build: (b) => {
          const x = b.multiply(drawn(b, rows, columns), b.exp(b.multiply(drawn(b, rows, columns), 6)));
          return [b.batchSum(x), b.batchSum(x, true)];
        },
      }),
      caseOf('weightGradient', {
        name: `[${rows}, ${columns}] and [${rows}, ${index + 1}]`,
        sequenceCount: 8 * (index + 1),
        build: (b) => {
          const dy = b.multiply(drawn(b, rows, columns), b.exp(b.multiply(drawn(b, rows, columns), 6)));
          return [b.weightGradient(dy, drawn(b, rows, index + 1)), b.weightGradient(drawn(b, rows, 3), dy)];
        },
      }),
    ];
  });
}

/** All cases of contractions, reductions and sinks. */
export const sumCases = (): readonly ConformanceCase[] => [...contractionCases(), ...reductionCases()];
