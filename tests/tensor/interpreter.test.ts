// The interpreter where the order of a sum shows in its bits: expected values are written out by hand.

import { describe, expect, test } from 'vitest';

import { interpreter, threefry2x32, type ProgramBuilder, type Value } from '../../tensor/index.js';
import { eight, interpret, programOf } from './programs.js';

/** A number to which 2^-24 can be added many times without any effect; two of them together have one. */
const half = 2 ** -24;

/** Sequence-space numbers that a table gives by time and unit. */
const timed = (b: ProgramBuilder, rows: readonly (readonly number[])[]): Value =>
  b.expand(b.table(rows.length, rows[0]!.length, rows.flat()), rows.length, rows[0]!.length);

const single = (author: (b: ProgramBuilder) => Value): number => {
  const program = programOf((b) => {
    // Eight equal sequences: the sum over them is exact.
    b.output('eight', b.batchSum(author(b), true));
  });
  return interpret(program)['eight']![0]! / 8;
};

describe('sums within a sequence', () => {
  test('sum over columns ascends', () => {
    expect(single((b) => b.sum(timed(b, [[half, half, 1]]), 'columns'))).toBe(1 + 2 ** -23);
    expect(single((b) => b.sum(timed(b, [[1, half, half]]), 'columns'))).toBe(1);
  });

  test('sum over rows descends', () => {
    expect(single((b) => b.sum(timed(b, [[1], [half], [half]]), 'rows'))).toBe(1 + 2 ** -23);
    expect(single((b) => b.sum(timed(b, [[half], [half], [1]]), 'rows'))).toBe(1);
  });

  test('matmul ascends in the inner index', () => {
    const ones = (b: ProgramBuilder): Value => b.constant(1, 1, 3);
    expect(single((b) => b.matmul(timed(b, [[half, half, 1]]), ones(b)))).toBe(1 + 2 ** -23);
    expect(single((b) => b.matmul(timed(b, [[1, half, half]]), ones(b)))).toBe(1);
    expect(single((b) => b.matmul(timed(b, [[1, half, half]]), b.constant(1, 3, 1), true))).toBe(1);
  });

  test('matmul rounds a product before it is added', () => {
    const x = 1 + 2 ** -12;
    // x² = 1 + 2^-11 + 2^-24 rounds to 1 + 2^-11; a fused multiply-add would leave 2^-24.
    expect(single((b) => b.matmul(timed(b, [[1, x]]), b.table(1, 2, [-(1 + 2 ** -11), x])))).toBe(0);
  });

  test.each(['nn', 'nt', 'tn'] as const)('product ascends in the inner index, time included, in form %s', (form) => {
    const [row, column] = [[[1, half, half]], [[1], [half], [half]]];
    const ones = (b: ProgramBuilder, upright: boolean): Value => b.expand(1, upright ? 3 : 1, upright ? 1 : 3);
    expect(single((b) => b.product(timed(b, form === 'tn' ? column : row), ones(b, form !== 'nt'), form))).toBe(1);
  });

  test('total has four accumulators by index mod 4', () => {
    // Lanes: 1 + 2^-24 + 2^-24 (nothing arrives), 2^-24 three times, and nothing.
    const values = [1, half, 0, 0, half, half, 0, 0, half, half, 0, 0];
    const program = programOf((b) => b.output('total', b.total(b.table(1, 12, values))));
    // 1 + 3 · 2^-24 lies between 1 + 2^-23 and 1 + 2^-22, half-way: even is 1 + 2^-22.
    expect(interpret(program)['total']).toEqual([1 + 2 ** -22]);
  });
});

describe('sums over a microbatch', () => {
  const drawOf = (sequence: number): number =>
    Math.fround((Math.floor(threefry2x32(eight.key, [sequence, 0])[0] / 512) + 0.5) / 2 ** 23);

  type Chosen = (sequence: number, time: number) => number;

  /** A number for each sequence and time step: every sequence knows its own draw, and finds its column of a table by it. */
  function chosen(b: ProgramBuilder, [sequenceCount, timeSteps]: readonly [number, number], valueAt: Chosen): Value {
    const sequences = Array.from({ length: sequenceCount }, (_, sequence) => sequence);
    const isOwn = b.equal(b.uniform(1, 1), b.table(1, sequenceCount, sequences.map(drawOf)));
    const rows = Array.from({ length: timeSteps }, (_, time) => sequences.map((sequence) => valueAt(sequence, time)));
    return b.sum(b.select(isOwn, timed(b, rows), 0), 'columns');
  }

  function sums(size: readonly [number, number], valueAt: Chosen): readonly number[] {
    const program = programOf((b) => {
      const x = chosen(b, size, valueAt);
      b.output('batchSum', b.batchSum(x));
      b.output('weightGradient', b.weightGradient(x, b.expand(1, size[1], 1)));
      b.output('otherGradient', b.weightGradient(b.expand(1, size[1], 1), x));
    });
    return Object.values(interpret(program, [], { ...eight, sequenceCount: size[0] })).flat();
  }

  const all = (x: number): readonly number[] => [x, x, x];

  test('have four accumulators by sequence mod 4, added as (0 + 1) + (2 + 3)', () => {
    // Sequence 4 adds to 0 alone: 1 is too large for it. Sequences 1 and 5 meet in their own accumulator, and count.
    expect(sums([8, 1], (sequence) => (sequence === 0 ? 1 : sequence === 4 ? half : 0))).toEqual(all(1));
    expect(sums([8, 1], (sequence) => (sequence === 0 ? 1 : [1, 5].includes(sequence) ? half : 0))).toEqual(all(1 + 2 ** -23));
    // Accumulators 2 and 3 meet before they meet the first two.
    expect(sums([8, 1], (sequence) => (sequence === 0 ? 1 : [2, 3].includes(sequence) ? half : 0))).toEqual(all(1 + 2 ** -23));
    expect(sums([8, 1], (sequence) => (sequence === 0 ? 1 : [1, 2].includes(sequence) ? half : 0))).toEqual(all(1));
  });

  test('descend in time', () => {
    expect(sums([8, 3], (sequence, time) => (sequence === 2 ? [1, half, half][time]! : 0))).toEqual(all(1 + 2 ** -23));
    expect(sums([8, 3], (sequence, time) => (sequence === 2 ? [half, half, 1][time]! : 0))).toEqual(all(1));
  });

  test('take the first half of a group before the second, within one time step', () => {
    // Time 1: sequence 0 gives 1, sequence 4 gives 2^-24. Time 0: sequence 0 gives 2^-24. All one by one: nothing arrives.
    const value: Chosen = (sequence, time) =>
      time === 1 ? (sequence === 0 ? 1 : sequence === 4 ? half : 0) : sequence === 0 ? half : 0;
    expect(sums([8, 2], value)).toEqual(all(1));
    // Sequence 4's 2^-24 at time 1 comes before sequence 0's 1 at time 0, together with sequence 0's 2^-24 at time 1.
    const other: Chosen = (sequence, time) => (time === 1 ? (sequence % 4 === 0 ? half : 0) : sequence === 0 ? 1 : 0);
    expect(sums([8, 2], other)).toEqual(all(1 + 2 ** -23));
  });

  test("take groups of 8 in ascending order, all of a group's time before the next group", () => {
    const value: Chosen = (sequence, time) => (time === 0 && sequence === 0 ? 1 : sequence === 8 ? half : 0);
    expect(sums([16, 2], value)).toEqual(all(1));
    const other: Chosen = (sequence, time) => (sequence === 0 ? half : sequence === 8 && time === 1 ? 1 : 0);
    expect(sums([16, 2], other)).toEqual(all(1 + 2 ** -23));
  });

  test('keep rows apart when batchSum keeps them', () => {
    const program = programOf((b) =>
      b.output(
        'rows',
        b.batchSum(
          chosen(b, [8, 2], (sequence, time) => sequence * (time + 1)),
          true,
        ),
      ),
    );
    expect(interpret(program)['rows']).toEqual([28, 56]);
  });

  test("weightGradient is a matrix of the left operand's units by the right one's", () => {
    const program = programOf((b) => b.output('w', b.weightGradient(timed(b, [[1, 2, 3]]), timed(b, [[10, 100]]))));
    expect(interpret(program)['w']).toEqual([80, 800, 160, 1600, 240, 2400]);
  });
});

describe('an executable', () => {
  const program = programOf((b) => {
    const x = b.add(b.uniform(2, 2), b.input('x', 2, 2));
    b.output('sum', b.batchSum(x, true));
  });

  function run(firstSequence: number, sequenceCount: number, inputs = [1, 2, 3, 4]): readonly number[] {
    return interpret(program, inputs, { key: eight.key, firstSequence, sequenceCount })['sum']!;
  }

  test('covers all sequences when a microbatch has 16', () => {
    const whole = run(0, 16);
    const parts = [run(0, 8), run(8, 8)];
    expect(whole.every((x, index) => Math.abs(x - parts[0]![index]! - parts[1]![index]!) < 1e-5)).toBe(true);
  });

  test('forgets the previous microbatch and the previous inputs', () => {
    const executable = interpreter.compile(program);
    const outputs = new Float32Array(4);
    const compute = (inputs: readonly number[], firstSequence: number): readonly number[] => {
      executable.load(Float32Array.from(inputs));
      executable.run({ ...eight, firstSequence }, outputs);
      return [...outputs];
    };
    const first = compute([1, 2, 3, 4], 0);
    expect(compute([5, 6, 7, 8], 8)).not.toEqual(first);
    expect(compute([1, 2, 3, 4], 0)).toEqual(first);
    expect(first).toEqual(run(0, 8));
  });

  test('gives zeros when a microbatch has no sequences', () => expect(run(0, 0)).toEqual([0, 0, 0, 0]));

  test('throws when lengths or counts do not fit', () => {
    const executable = interpreter.compile(program);
    expect(() => executable.load(new Float32Array(3))).toThrow('Cannot load inputs: 3 elements found, 4 wanted');
    executable.load(new Float32Array(4));
    expect(() => executable.run(eight, new Float32Array(5))).toThrow('Cannot run microbatch: 5 output elements found, 4 wanted');
    const twelve = { ...eight, sequenceCount: 12 };
    expect(() => executable.run(twelve, new Float32Array(4))).toThrow('12 sequences found, a multiple of 8 wanted');
  });
});

test('triangular products read neither what counts as zero nor anything but their range of k', () => {
  const rows = [
    [1, Infinity],
    [2, 3],
  ];
  const eighth = (author: (b: ProgramBuilder) => Value): readonly number[] =>
    interpret(programOf((b) => b.output('y', b.batchSum(author(b), true))))['y']!.map((x) => x / 8);
  const y = [[10], [100]];
  expect(eighth((b) => b.product(timed(b, rows), timed(b, y), 'nn', 'left'))).toEqual([10, 320]);
  expect(eighth((b) => b.product(timed(b, rows), timed(b, y), 'tn', 'left'))).toEqual([210, 300]);
  expect(eighth((b) => b.product(timed(b, y), timed(b, y), 'nt', 'output'))).toEqual([100, 0, 1000, 10000]);
});

test('the first time step of a scan is computed, not copied: its state is input + decay · 0', () => {
  const program = programOf((b) => b.output('y', b.batchSum(b.scan(b.constant(Infinity), timed(b, [[1]])))));
  expect(interpret(program)['y']).toEqual([Number.NaN]);
});

test('iota gives indexes of rows or columns', () => {
  const program = programOf((b) => {
    b.output('rows', b.iota(2, 2, 'rows'));
    b.output('columns', b.iota(2, 2, 'columns'));
  });
  expect(interpret(program)).toEqual({ rows: [0, 0, 1, 1], columns: [0, 1, 0, 1] });
});
