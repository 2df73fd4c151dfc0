// Products of every form on small odd shapes: the same bits as the interpreter.

import { expect, test } from 'vitest';
import { wasmBackend } from '../../../backends/index.js';
import { defaultLimits, noSequences, ProgramBuilder, validateProgram, type Value } from '../../../tensor/index.js';
import { differenceOf, inputsFrom } from './same-bits.js';
import { choices, microbatch, panel, sequenceProgram } from './sequence-programs.js';

const matmuls = [
  [1, 1, 1],
  [1, 6, 80],
  [5, 3, 9],
  [7, 17, 4],
  [2, 40, 33],
  [3, 64, 64],
] as const;
test.each(matmuls)("matmul of %i rows by %i → %i has the interpreter's bits", (rows, inner, outer) => {
  for (const transposed of [false, true]) {
    const program = sequenceProgram((builder) => {
      const w = transposed ? builder.input('w', inner, outer) : builder.input('w', outer, inner);
      return builder.matmul(panel(builder, 'x', rows, inner), w, transposed);
    });
    expect(differenceOf(program, microbatch, choices)).toBeUndefined();
  }
});

test.each(matmuls)("products of %i rows by %i → %i with ones have the interpreter's bits", (rows, inner, outer) => {
  const endings: ((builder: ProgramBuilder) => Value)[] = [
    (builder) => builder.expand(builder.constant(1), rows, 1),
    (builder) =>
      builder.expand(
        builder.table(
          rows,
          2,
          Array.from({ length: rows * 2 }, (_, at) => (at % 2 === 1 ? 1 : -0.5)),
        ),
        rows,
        2,
      ),
    (builder) => builder.expand(builder.constant(-1), rows, 1),
  ];
  for (const ending of endings) {
    const builder = new ProgramBuilder();
    const x = builder.concatenate([panel(builder, 'x', rows, inner), ending(builder)], 'columns');
    const y = builder.matmul(x, builder.input('w', outer, x.columns));
    builder.output('y', builder.batchSum(y, true));
    builder.output('gradient', builder.weightGradient(builder.flush(builder.multiply(y, y)), x));
    for (const sequenceCount of [8, 72]) {
      expect(differenceOf(builder.build(), { ...microbatch, sequenceCount }, choices)).toBeUndefined();
    }
  }
});

test('a sum of products that are all −0 is +0 where its sign can be seen', () => {
  const program = sequenceProgram((builder) => {
    const zeros = builder.expand(builder.constant(-0), 3, 4);
    const y = builder.matmul(zeros, builder.absolute(builder.input('w', 5, 4)));
    // The builder itself would flush a divisor.
    return builder.append({ op: 'divide', of: [builder.constant(1).id, y.id] });
  });
  expect(differenceOf(program, microbatch, choices)).toBeUndefined();
});

test("siblings of one operand have the interpreter's bits", () => {
  for (const count of [2, 3, 4, 5]) {
    const program = sequenceProgram((builder) => {
      const x = panel(builder, 'x', 3, 6);
      const products = Array.from({ length: count }, (_, index) => builder.matmul(x, builder.input(`w${index}`, 7, 6)));
      return products.reduce((product, y) => builder.multiply(product, builder.tanh(y)));
    });
    expect(differenceOf(program, microbatch, choices)).toBeUndefined();
  }
});

const products = [
  [1, 1, 1],
  [4, 2, 5],
  [5, 3, 7],
  [8, 4, 8],
  [13, 6, 13],
] as const;
test.each(products)("product [%i, %i, %i] has the interpreter's bits in all forms", (rows, inner, columns) => {
  for (const form of ['nn', 'nt', 'tn'] as const) {
    const program = sequenceProgram((builder) => {
      const left = form === 'tn' ? panel(builder, 'a', inner, rows) : panel(builder, 'a', rows, inner);
      const right = form === 'nt' ? panel(builder, 'b', columns, inner) : panel(builder, 'b', inner, columns);
      return builder.product(left, right, form);
    });
    expect(differenceOf(program, microbatch, choices)).toBeUndefined();
  }
});

test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16])("triangular products of size %i have the interpreter's bits", (size) => {
  const output = sequenceProgram((builder) =>
    builder.product(panel(builder, 'a', size, 3), panel(builder, 'b', size, 3), 'nt', 'output'),
  );
  expect(differenceOf(output, microbatch, choices)).toBeUndefined();
  for (const form of ['nn', 'tn'] as const) {
    const left = sequenceProgram((builder) =>
      builder.product(panel(builder, 'a', size, size), panel(builder, 'b', size, 5), form, 'left'),
    );
    expect(differenceOf(left, microbatch, choices)).toBeUndefined();
  }
});

const gradients = [
  [1, 1, 1],
  [1, 9, 5],
  [6, 5, 3],
  [3, 8, 8],
  [2, 33, 41],
  [40, 4, 70],
] as const;
test.each(gradients)("weightGradient over %i steps of [%i, %i] has the interpreter's bits", (rows, outer, inner) => {
  const builder = new ProgramBuilder();
  builder.output('w', builder.weightGradient(panel(builder, 'dy', rows, outer), panel(builder, 'x', rows, inner)));
  for (const sequenceCount of [8, 16, 64, 136]) {
    expect(differenceOf(builder.build(), { ...microbatch, sequenceCount }, ['none', 'all'])).toBeUndefined();
  }
});

test('a run of no sequences has sums of zero, whatever the run before it left', () => {
  const builder = new ProgramBuilder();
  const [dy, x] = [panel(builder, 'dy', 1, 3), panel(builder, 'x', 1, 5)];
  builder.output('gradient', builder.weightGradient(dy, x));
  builder.output('sum', builder.batchSum(x));
  const executable = wasmBackend.compile(validateProgram(builder.build(), defaultLimits));
  executable.load(inputsFrom(1, executable.inputLength));
  const outputs = new Float32Array(executable.outputLength);
  executable.run({ ...microbatch, sequenceCount: 72 }, outputs);
  expect(outputs.some((sum) => sum !== 0)).toBe(true);
  executable.run(noSequences, outputs);
  expect([...outputs]).toEqual(Array.from(outputs, () => 0));
});
