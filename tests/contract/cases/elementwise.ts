// Element-wise operations: in parameter space, in sequences that are all the same (so that the sum over them is exact), and drawn.

import type { BinaryOperation, ProgramBuilder, UnaryOperation, Value } from '../../../tensor/index.js';
import { caseOf, drawn, ordinary, same, spread, type ConformanceCase, type Spread } from './case.js';

/** Small results are to be seen. */
const options = { flushExponent: -100 };

const domains: Readonly<Record<UnaryOperation, readonly Spread[]>> = {
  negate: [{ least: -60, most: 60 }],
  absolute: [{ least: -60, most: 60 }],
  sqrt: [{ least: -90, most: 90, positive: true }],
  exp: [
    { least: -20, most: 6 },
    { least: 2, most: 6 },
  ],
  log: [
    { least: -90, most: 90, positive: true },
    { least: -1, most: 1, positive: true },
  ],
  tanh: [
    { least: -30, most: 2 },
    { least: 0, most: 6 },
  ],
  sigmoid: [
    { least: -20, most: 3 },
    { least: 1, most: 8 },
  ],
  sin: [
    { least: -30, most: 3 },
    { least: 3, most: 13 },
  ],
  cos: [
    { least: -30, most: 3 },
    { least: 3, most: 13 },
  ],
};

function unaryCases(op: UnaryOperation): readonly ConformanceCase[] {
  const apply = (b: ProgramBuilder, x: Value): Value => b[op](x);
  const [first] = domains[op];
  const wide = domains[op].map((domain, index) =>
    caseOf(op, {
      name: `magnitudes 2^${domain.least} to 2^${domain.most}`,
      options,
      shapes: [[8, 8]],
      inputs: [spread(64, domain, index)],
      build: (b, x) => [apply(b, x), apply(b, same(b, x))],
    }),
  );
  const small = caseOf(op, {
    name: 'one element, and odd sizes',
    options,
    shapes: [
      [1, 1],
      [3, 17],
    ],
    inputs: [spread(1, first!, 5), spread(51, first!, 6)],
    build: (b, x, y) => [apply(b, same(b, x)), apply(b, same(b, y))],
  });
  const random = caseOf(op, {
    name: 'drawn',
    sequenceCount: 16,
    shapes: [[1, 1]],
    inputs: [[3]],
    build: (b, x) => [apply(b, b.multiply(b.uniform(3, 5), x))],
  });
  return [...wide, small, random];
}

const forms = [
  [
    [4, 5],
    [4, 5],
  ],
  [
    [4, 5],
    [1, 5],
  ],
  [
    [4, 5],
    [4, 1],
  ],
  [
    [4, 5],
    [1, 1],
  ],
  [
    [4, 1],
    [1, 5],
  ],
  [
    [1, 1],
    [4, 5],
  ],
] as const;

function binaryCases(op: BinaryOperation): readonly ConformanceCase[] {
  const magnitudes = { least: -20, most: 20 };
  const isComparison = ['less', 'lessOrEqual', 'equal', 'minimum', 'maximum'].includes(op);
  const broadcast = forms.map(([first, second], index) => {
    const [x, y] = [spread(first[0] * first[1], magnitudes, index), spread(second[0] * second[1], magnitudes, index + 10)];
    return caseOf(op, {
      name: `[${first.join(', ')}] and [${second.join(', ')}]`,
      options,
      shapes: [first, second],
      // Comparisons meet equal operands too.
      inputs: [x, isComparison ? y.map((value, at) => (at % 3 === 0 ? x[at % x.length]! : value)) : y],
      build: (b, p, q) => [b[op](same(b, p), same(b, q)), b[op](same(b, p), q), b[op](p, same(b, q))],
    });
  });
  const close = caseOf(op, {
    name: 'parameters of neighboring magnitudes',
    options,
    shapes: [
      [8, 8],
      [8, 8],
    ],
    inputs: [spread(64, { least: -2, most: 2 }, 20), spread(64, { least: -2, most: 2 }, 21)],
    build: (b, x, y) => [b[op](x, y)],
  });
  const random = caseOf(op, {
    name: 'drawn',
    sequenceCount: 16,
    build: (b) => [b[op](drawn(b, 3, 5), b.add(b.uniform(3, 5), 0.5))],
  });
  return [...broadcast, close, random];
}

function selectCases(): readonly ConformanceCase[] {
  const condition = Array.from({ length: 20 }, (_, index) => [0, 1, -2, 0, 0.5][(index * 7) % 5]!);
  return forms.map(([first, second], index) =>
    caseOf('select', {
      name: `[4, 1], [${first.join(', ')}] and [${second.join(', ')}]`,
      shapes: [[4, 5], first, second],
      inputs: [condition, ordinary(first[0] * first[1], index), ordinary(second[0] * second[1], index + 1)],
      build: (b, c, x, y) => [
        b.select(same(b, c), x, y),
        b.select(b.slice(same(b, c), { columns: 1 }), same(b, x), same(b, y)),
        b.select(b.less(b.uniform(1, 5), 0.5), same(b, x), same(b, y)),
        b.select(c, x, y),
      ],
    }),
  );
}

function flushCases(): readonly ConformanceCase[] {
  const around = (exponent: number): readonly number[] =>
    [1, 1 + 2 ** -23, 1 - 2 ** -24, 0.5, 2, 1.5, 0, 3].flatMap((x) => [x * 2 ** exponent, -x * 2 ** exponent]);
  const flush = (b: ProgramBuilder, x: Value, exponent: number): Value => b.append({ op: 'flush', of: [x.id], exponent });
  return [-51, -100, -20].map((exponent) =>
    caseOf('flush', {
      name: `at 2^${exponent}`,
      options: { flushExponent: -120 },
      shapes: [[2, 8]],
      inputs: [around(exponent)],
      build: (b, x) => [flush(b, x, exponent), flush(b, same(b, x), exponent)],
    }),
  );
}

/** Where exp is clamped; e^87 is too large for a sum of eight, so parameters alone. */
const clampedExp = (): ConformanceCase =>
  caseOf('exp', {
    name: 'clamped',
    options,
    shapes: [[1, 8]],
    inputs: [[87, 86.99999, 87.00001, 88, 89, 1000, 2 ** 60, -60]],
    build: (b, x) => [b.exp(x)],
  });

/** All cases of element-wise operations. */
export const elementwiseCases = (): readonly ConformanceCase[] => [
  ...(Object.keys(domains) as UnaryOperation[]).flatMap(unaryCases),
  ...(['add', 'subtract', 'multiply', 'divide', 'minimum', 'maximum', 'less', 'lessOrEqual', 'equal'] as const).flatMap(
    binaryCases,
  ),
  clampedExp(),
  ...selectCases(),
  ...flushCases(),
];
