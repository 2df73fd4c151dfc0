// The law that lets machines with and without subnormal numbers agree: between two flushes nothing subnormal can make a difference.

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';

import { bitsOf, isNonFinite, updateFlushExponent, type Microbatch, type Program } from '../../tensor/index.js';
import { flushing, strict } from './arithmetics.js';
import { denseRecurrence, lstm, lstmShapes } from './cells.js';
import { noise, numbers, weigh } from './finite-differences.js';
import { eight, interpret, programOf } from './programs.js';
import { choices, magnitude, magnitudes, randomProgram } from './random-programs.js';
import { runOn } from './second-machine.js';

const sixteen: Microbatch = { ...eight, sequenceCount: 16 };

/** Bits, with one pattern for all that is not finite: divergence is a flag, not a value. */
const finiteBits = (values: readonly number[]): readonly number[] =>
  values.map(bitsOf).map((bits) => (isNonFinite(bits) ? 0x7fc00000 : bits));

interface Outcome {
  readonly interpreted: readonly number[];
  readonly withSubnormals: readonly number[];
  readonly without: readonly number[];
}

function outcome(program: Program, inputs: readonly number[], microbatch = eight): Outcome {
  return {
    interpreted: finiteBits(Object.values(interpret(program, inputs, microbatch)).flat()),
    withSubnormals: finiteBits(runOn(strict, program, { inputs, microbatch })),
    without: finiteBits(runOn(flushing, program, { inputs, microbatch })),
  };
}

function expectOneAnswer(program: Program, inputs: readonly number[], microbatch = eight): void {
  const { interpreted, withSubnormals, without } = outcome(program, inputs, microbatch);
  expect(withSubnormals).toEqual(interpreted);
  expect(without).toEqual(interpreted);
}

property.prop([choices, magnitudes], {
  seed: 2026,
  numRuns: 250,
})('random gradient programs give the same bits with and without subnormal numbers', (steps, inputs) => {
  expectOneAnswer(randomProgram(steps), inputs);
});

describe('adjoints that decay below everything', () => {
  /** The gradient of the last state alone, after which they decay for `timeSteps` steps. */
  function lstmProgram(timeSteps: number, flushExponent?: number): Program {
    return programOf(
      (b) => {
        const parameters = Object.entries(lstmShapes(2, 2)).map(([name, [rows, columns]]) => b.input(name, rows, columns));
        const loss = weigh(b, b.row(lstm(b, noise(b, timeSteps, 2), parameters), timeSteps - 1));
        b.gradients(loss, parameters).forEach((gradient, index) => b.output(`gradient/${index}`, gradient));
      },
      flushExponent === undefined ? {} : { flushExponent },
    );
  }

  /** Small recurrent weights and forget gates that are nearly shut. */
  const inputs = [...numbers(16, -1, 1), ...numbers(16, -0.01, 0.01), 0, 0, -5, -5, 0, 0, 0, 0];

  test('are the same when an LSTM forgets', () => {
    expectOneAnswer(lstmProgram(40), inputs);
    expectOneAnswer(lstmProgram(10), inputs, sixteen);
  });

  test('are the same when a dense recurrence has tiny weights', () => {
    const program = programOf((b) => {
      const r = b.input('r', 2, 2);
      const loss = weigh(b, b.row(denseRecurrence(b, noise(b, 30, 2), r), 29));
      b.output('gradient', b.gradients(loss, [r])[0]!);
    });
    for (const scale of [2 ** -5, 2 ** -13, 2 ** -26, 2 ** -50]) {
      expectOneAnswer(
        program,
        numbers(4, -1, 1).map((x) => x * scale),
      );
    }
  });

  test('are the same when a scan decays', () => {
    const program = programOf((b) => {
      const d = b.input('d', 1, 2);
      const loss = weigh(b, b.row(b.scan(d, noise(b, 30, 2)), 29));
      b.output('gradient', b.gradients(loss, [d])[0]!);
    });
    expectOneAnswer(program, [2 ** -7, -(2 ** -4)]);
  });
});

describe('the threshold', () => {
  /** One dot product, eight times, its operands flushed at 2^exponent. */
  const dotProduct = (left: readonly number[], right: readonly number[], exponent: number): Program =>
    programOf(
      (b) => {
        const x = b.expand(b.table(1, left.length, left), 1, left.length);
        b.output('sums', b.batchSum(b.matmul(x, b.table(1, right.length, right))));
      },
      { flushExponent: exponent },
    );

  // 2^-127 is subnormal. Next to an odd multiple of 2^-126 it is a tie, and the tie decides another one at 2^-100.
  const odd = (8 * (2 ** 20 + 1) + 3) * 2 ** -126;
  const left = [2 ** -64, odd * 2 ** 60, 2 ** -50];
  const right = [2 ** -63, 2 ** -60, 2 ** -50];

  test('of 2^-100 would let a sum of products differ, so 2^-51 is the one for sums of products', () => {
    const loose = outcome(dotProduct(left, right, -100), []);
    expect(loose.withSubnormals).toEqual(loose.interpreted);
    expect(loose.without).not.toEqual(loose.interpreted);
    expectOneAnswer(dotProduct(left, right, -51), []);
  });

  property.prop([fc.array(magnitude, { minLength: 24, maxLength: 24 })], { seed: 7, numRuns: 300 })(
    'of 2^-51 lets no sum of products differ',
    (values) => {
      const scaled = values.map((x) => x * 2 ** 10);
      expectOneAnswer(dotProduct(scaled.slice(0, 12), scaled.slice(12), -51), []);
    },
  );
});

property.prop([fc.array(magnitude, { minLength: 4, maxLength: 4 })], { seed: 8, numRuns: 200 })(
  'an update in the manner of Adam gives the same bits with and without subnormal numbers',
  (inputs) => {
    const program = programOf(
      (b) => {
        const [parameter, gradient, m, v] = ['parameter', 'gradient', 'm', 'v'].map((name) => b.input(name, 1, 1));
        const first = b.add(b.multiply(m!, 0.9), b.multiply(gradient!, 0.1));
        const second = b.add(b.multiply(b.absolute(v!), 0.999), b.multiply(b.square(gradient!), 0.001));
        const direction = b.divide(first, b.add(b.sqrt(second), 1e-8));
        b.output('parameter', b.subtract(parameter!, b.multiply(direction, 2 ** -10)));
        b.output('m', first);
        b.output('v', second);
      },
      { flushExponent: updateFlushExponent },
    );
    expectOneAnswer(program, inputs);
  },
);
