// Every operation but products, in both spaces, on small odd shapes: the same bits as the interpreter.

import { describe, expect, test } from 'vitest';
import { binaryOperations, ProgramBuilder, unaryOperations, type Value } from '../../../tensor/index.js';
import { differenceOf } from './same-bits.js';
import { choices, microbatch, panel, sequenceProgram } from './sequence-programs.js';

const shapes = [
  [1, 1],
  [1, 5],
  [4, 1],
  [3, 7],
  [5, 8],
] as const;

describe('element-wise operations', () => {
  for (const op of unaryOperations) {
    test.each(shapes)(`${op} has the interpreter's bits on [%i, %i]`, (rows, columns) => {
      const program = sequenceProgram((builder) => builder.append({ op, of: [panel(builder, 'x', rows, columns).id] }));
      expect(differenceOf(program, microbatch, choices)).toBeUndefined();
      const builder = new ProgramBuilder();
      builder.output('result', builder.append({ op, of: [builder.input('x', rows, columns).id] }));
      expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
    });
  }

  const broadcasts = [
    [3, 7, 3, 7],
    [3, 7, 1, 7],
    [3, 7, 3, 1],
    [3, 7, 1, 1],
    [1, 7, 3, 1],
    [1, 1, 3, 7],
    [4, 1, 1, 6],
    [1, 1, 1, 1],
  ] as const;
  for (const op of binaryOperations) {
    test.each(broadcasts)(`${op} broadcasts [%i, %i] and [%i, %i] with the interpreter's bits`, (...sizes) => {
      const [rows, columns, otherRows, otherColumns] = sizes;
      const both = sequenceProgram((builder) => {
        const [x, y] = [panel(builder, 'x', rows, columns), panel(builder, 'y', otherRows, otherColumns)];
        return builder.append({ op, of: [x.id, y.id] });
      });
      expect(differenceOf(both, microbatch, choices)).toBeUndefined();
      const mixed = sequenceProgram((builder) => {
        const [x, y] = [panel(builder, 'x', rows, columns), builder.input('y', otherRows, otherColumns)];
        return builder.append({ op, of: [x.id, y.id] });
      });
      expect(differenceOf(mixed, microbatch, choices)).toBeUndefined();
      const builder = new ProgramBuilder();
      const [x, y] = [builder.input('x', rows, columns), builder.input('y', otherRows, otherColumns)];
      builder.output('result', builder.append({ op, of: [x.id, y.id] }));
      expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
    });
  }

  test("select and flush have the interpreter's bits", () => {
    const program = sequenceProgram((builder) => {
      const [x, y] = [panel(builder, 'x', 3, 5), panel(builder, 'y', 1, 5)];
      const tiny = builder.multiply(x, 2 ** -51);
      return builder.select(builder.less(x, y), builder.flush(tiny), builder.input('z', 3, 1));
    });
    expect(differenceOf(program, microbatch, choices)).toBeUndefined();
  });
});

describe('flush beside a root', () => {
  const threshold = 2 ** -51;
  const constants = [threshold, threshold * (1 - 2 ** -24), threshold / 2, -threshold, 1, -1, Infinity];
  test.each(constants)("a flush of a root and %d has the interpreter's bits", (constant) => {
    const builder = new ProgramBuilder();
    const root = builder.sqrt(
      builder.append({ op: 'multiply', of: Array<number>(2).fill(builder.input('x', 5, 7).id) as [number, number] }),
    );
    for (const [name, sum] of [
      ['first', builder.add(root, constant)],
      ['last', builder.add(constant, root)],
      ['difference', builder.subtract(root, constant)],
    ] as const) {
      builder.output(name, builder.append({ op: 'flush', of: [sum.id], exponent: -51 }));
    }
    expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
  });
});

describe('kernels that become part of others', () => {
  test.each([1, 3, 4, 7, 80])(
    "what is read by one element-wise operation alone has the interpreter's bits, %i columns",
    (columns) => {
      const builder = new ProgramBuilder();
      const [x, y, z] = ['x', 'y', 'z'].map((name) => builder.negate(builder.input(name, 3, columns))) as [Value, Value, Value];
      const total = builder.total(builder.square(x));
      // y waits for the total, z is read by two; the sums over sequences are read once, twice, and by an operation of another shape.
      builder.output('scaled', builder.multiply(builder.exp(y), total));
      const kept = builder.flush(builder.exp(z));
      builder.output('kept', kept);
      builder.output('read', builder.multiply(kept, total));
      builder.output('both', builder.add(z, total));
      builder.output('other', builder.multiply(z, builder.sqrt(total)));
      const sums = ['a', 'b', 'c'].map((name) => builder.batchSum(panel(builder, name, 3, columns), true)) as [
        Value,
        Value,
        Value,
      ];
      builder.output('once', builder.multiply(builder.square(sums[0]), y));
      builder.output('twice', builder.multiply(sums[1], builder.exp(sums[1])));
      builder.output('sum', sums[1]);
      builder.output('broadcast', builder.multiply(builder.batchSum(panel(builder, 'd', 1, columns), true), sums[2]));
      expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
    },
  );
});

describe('reductions', () => {
  test.each([...shapes, [13, 3] as const])("sum, max and batchSum of [%i, %i] have the interpreter's bits", (rows, columns) => {
    const authors: ((builder: ProgramBuilder, x: Value) => Value)[] = [
      (builder, x) => builder.sum(x, 'rows'),
      (builder, x) => builder.sum(x, 'columns'),
      (builder, x) => builder.max(x),
      (builder, x) => builder.subtract(x, builder.sum(builder.exp(x), 'rows')),
    ];
    for (const author of authors) {
      const program = sequenceProgram((builder) => author(builder, panel(builder, 'x', rows, columns)));
      expect(differenceOf(program, microbatch, choices)).toBeUndefined();
    }
    const builder = new ProgramBuilder();
    builder.output('rows', builder.batchSum(panel(builder, 'x', rows, columns)));
    expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
  });

  test.each([1, 2, 3, 4, 5, 17, 1000])("total of %i numbers has the interpreter's bits", (columns) => {
    const builder = new ProgramBuilder();
    builder.output('total', builder.total(builder.square(builder.input('x', 1, columns))));
    expect(differenceOf(builder.build(), microbatch, choices)).toBeUndefined();
  });
});

describe('views', () => {
  const authors: Readonly<Record<string, (builder: ProgramBuilder, x: Value) => Value>> = {
    'slice of a row': (builder, x) => builder.row(x, 2),
    'slice of a window': (builder, x) => builder.slice(x, { row: 1, column: 2, rows: 3, columns: 2 }),
    'pad of rows': (builder, x) => builder.pad(x, { row: 2, column: 0, rows: 9, columns: 6 }),
    'pad on all sides': (builder, x) => builder.pad(x, { row: 1, column: 2, rows: 7, columns: 9 }),
    'concatenation of rows': (builder, x) => builder.concatenate([x, builder.row(x, 0), x], 'rows'),
    'concatenation of columns': (builder, x) => builder.concatenate([x, builder.slice(x, { column: 1, columns: 2 })], 'columns'),
    reshape: (builder, x) => builder.reshape(x, 3, 10),
    'reshape to one column': (builder, x) => builder.reshape(x, 30, 1),
    'reshape of a transpose': (builder, x) => builder.reshape(builder.transpose(x), 3, 10),
    transpose: (builder, x) => builder.transpose(x),
    'shift to later': (builder, x) => builder.shift(x, 2),
    'shift to earlier': (builder, x) => builder.shift(x, -1),
    'shift beyond the end': (builder, x) => builder.shift(x, 7),
    'long shift': (builder, x) => builder.shift(builder.pad(x, { row: 0, column: 0, rows: 12, columns: 6 }), 6),
    'shift of a shift': (builder, x) => builder.shift(builder.shift(x, 1), -2),
    'shift of a slice': (builder, x) => builder.shift(builder.slice(x, { column: 2, columns: 3 }), 1),
  };
  test.each(Object.entries(authors))("%s has the interpreter's bits", (_, author) => {
    const plain = sequenceProgram((builder) => author(builder, panel(builder, 'x', 5, 6)));
    expect(differenceOf(plain, microbatch, choices)).toBeUndefined();
    const used = sequenceProgram((builder) => {
      const y = author(builder, panel(builder, 'x', 5, 6));
      return builder.add(builder.matmul(y, builder.input('w', y.columns, y.columns)), builder.exp(y));
    });
    expect(differenceOf(used, microbatch, choices)).toBeUndefined();
    const mixed = sequenceProgram((builder) => {
      const y = author(builder, panel(builder, 'x', 5, 6));
      return builder.add(builder.negate(y), builder.sum(builder.product(y, y, 'nt'), 'columns'));
    });
    expect(differenceOf(mixed, microbatch, choices)).toBeUndefined();
  });

  test("expand has the interpreter's bits, read by element and as a matrix", () => {
    for (const [rows, columns] of [
      [1, 1],
      [4, 1],
      [1, 3],
      [4, 3],
    ] as const) {
      const program = sequenceProgram((builder) => {
        const x = builder.expand(builder.input('x', rows, columns), 4, 3);
        return builder.add(builder.matmul(x, builder.input('w', 3, 3)), builder.tanh(x));
      });
      expect(differenceOf(program, microbatch, choices)).toBeUndefined();
      const folded = sequenceProgram((builder) => builder.tanh(builder.expand(builder.input('x', rows, columns), 4, 3)));
      expect(differenceOf(folded, microbatch, choices)).toBeUndefined();
    }
  });
});

describe('recurrences', () => {
  test.each([...shapes, [13, 3] as const])("scan over [%i, %i] has the interpreter's bits", (rows, columns) => {
    for (const reverse of [false, true]) {
      for (const decayRows of new Set([1, rows])) {
        const program = sequenceProgram((builder) => {
          const h = builder.scan(builder.input('decay', decayRows, columns), panel(builder, 'x', rows, columns), reverse);
          return builder.add(h, builder.shift(h, 1));
        });
        expect(differenceOf(program, microbatch, choices)).toBeUndefined();
      }
      const selective = sequenceProgram((builder) => {
        const decay = builder.sigmoid(panel(builder, 'd', rows, 1));
        return builder.scan(decay, panel(builder, 'x', rows, columns), reverse);
      });
      expect(differenceOf(selective, microbatch, choices)).toBeUndefined();
    }
  });

  const windows = [
    [{ row: 4, count: 1 }],
    [{ row: 0, count: 2 }],
    [{ row: 1, count: 3 }],
    [
      { row: 0, count: 1 },
      { row: 3, count: 2 },
    ],
    [
      { row: 1, count: 1 },
      { row: 3, count: 1 },
    ],
  ];
  test.each(windows.map((parts) => ({ parts, title: JSON.stringify(parts) })))(
    "a scan of padded rows has the interpreter's bits: $title",
    ({ parts }) => {
      for (const reverse of [false, true]) {
        const builder = new ProgramBuilder();
        const decay = builder.input('decay', 1, 3);
        const padded = parts.map(({ row, count }, index) =>
          builder.pad(panel(builder, `x${index}`, count, 3), { row, column: 0, rows: 5, columns: 3 }),
        );
        // A scan of one padded value alone, whose states only element-wise operations read, and one of the sum of all.
        const states = [
          builder.scan(decay, padded[0]!, reverse),
          builder.scan(
            decay,
            padded.reduce((a, b) => builder.add(a, b)),
            reverse,
          ),
        ];
        const products = states.map((state, index) => builder.multiply(state, panel(builder, `y${index}`, 5, 3)));
        products.forEach((product, index) => {
          builder.output(`h${index}`, builder.batchSum(product, true));
          builder.output(`sum${index}`, builder.batchSum(product));
        });
        expect(differenceOf(builder.build(), { ...microbatch, sequenceCount: 24 }, choices)).toBeUndefined();
      }
    },
  );

  test.each([1, 2, 5])("a region over %i steps has the interpreter's bits", (rows) => {
    for (const reverse of [false, true]) {
      const program = sequenceProgram((builder) => {
        const x = panel(builder, 'x', rows, 4);
        const [w, v] = [builder.input('w', 6, 4), builder.input('v', 4, 6)];
        const result = builder.region((scope) => {
          const [h, c] = [scope.prev(rows, 4), scope.prev(rows, 6)];
          const inner = builder.add(builder.tanh(builder.matmul(builder.add(h, x), w)), c);
          const wide = builder.concatenate([inner, builder.slice(h, { column: 1, columns: 2 })], 'columns');
          const next = builder.matmul(builder.slice(wide, { column: 1, columns: 6 }), v);
          const scaled = builder.multiply(next, builder.sigmoid(builder.sum(next, 'columns')));
          scope.set(h, builder.subtract(scaled, builder.max(scaled)));
          scope.set(c, builder.pad(builder.slice(inner, { column: 2, columns: 3 }), { row: 0, column: 1, rows, columns: 6 }));
          return builder.add(scaled, h);
        }, reverse);
        return builder.exp(result);
      });
      expect(differenceOf(program, microbatch, choices)).toBeUndefined();
    }
  });
});

test("uniform has the interpreter's bits whatever the key and the sequence", () => {
  for (const [rows, columns] of [
    [1, 1],
    [1, 2],
    [3, 5],
    [4, 4],
  ] as const) {
    const program = sequenceProgram((builder) => builder.add(builder.uniform(rows, columns), builder.normal(rows, columns)));
    for (const firstSequence of [0, 8, 123456, 2 ** 31 - 8]) {
      expect(differenceOf(program, { key: [0xffffffff, 0x80000001], firstSequence, sequenceCount: 24 })).toBeUndefined();
    }
  }
});
