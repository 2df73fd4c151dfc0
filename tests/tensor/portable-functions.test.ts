import { describe, expect, test } from 'vitest';

import * as tensor from '../../tensor/index.js';
import { bitsOf, floatOf, numberLanes, onNumbers } from '../../tensor/index.js';

type Real = (x: number) => number;

const [exp, log, tanh, sigmoid, sin, cos] = [tensor.exp, tensor.log, tensor.tanh, tensor.sigmoid, tensor.sin, tensor.cos].map(
  onNumbers,
) as [Real, Real, Real, Real, Real, Real];

/** The distance of two neighboring f32 near x. */
const ulpOf = (x: number): number => 2 ** (Math.max(-126, Math.floor(Math.log2(Math.abs(x)))) - 23);

interface Errors {
  readonly ulps: number;
  readonly absolute: number;
}

/** The worst errors over 100,000 points that `point` spreads from 0 … 1. */
function worstErrors(tried: Real, exact: Real, point: Real): Errors {
  let [ulps, absolute] = [0, 0];
  for (let index = 0; index < 100_000; index += 1) {
    const x = Math.fround(point((index + 0.37) / 100_000));
    const error = Math.abs(tried(x) - exact(x));
    absolute = Math.max(absolute, error);
    ulps = Math.max(ulps, error / ulpOf(exact(x)));
  }
  return { ulps, absolute };
}

const between = (low: number, high: number) => (share: number) => low + (high - low) * share;
const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

describe('the worst error stays within the documented bound', () => {
  test.each([
    { name: 'exp', tried: exp, exact: Math.exp, point: between(-87, 87), bound: 1 },
    { name: 'exp near 0', tried: exp, exact: Math.exp, point: between(-1, 1), bound: 1 },
    { name: 'log of all magnitudes', tried: log, exact: Math.log, point: (share: number) => 2 ** (-126 + 253 * share), bound: 1 },
    { name: 'log near 1', tried: log, exact: Math.log, point: between(0.5, 2), bound: 1 },
    { name: 'tanh', tried: tanh, exact: Math.tanh, point: between(-10, 10), bound: 7 },
    { name: 'tanh near 0', tried: tanh, exact: Math.tanh, point: (share: number) => 2 ** (-50 + 53 * share), bound: 7 },
    { name: 'sigmoid', tried: sigmoid, exact: logistic, point: between(-87, 87), bound: 2.5 },
    { name: 'sigmoid near 0', tried: sigmoid, exact: logistic, point: between(-10, 10), bound: 2.5 },
  ])('$name', ({ tried, exact, point, bound }) => {
    expect(worstErrors(tried, exact, point).ulps).toBeLessThan(bound);
  });

  test.each([
    ['sin', sin, Math.sin, 100],
    ['cos', cos, Math.cos, 100],
    ['sin far out', sin, Math.sin, 8192],
    ['cos far out', cos, Math.cos, 8192],
  ] as const)('%s', (_, tried, exact, reach) => {
    expect(worstErrors(tried, exact, between(-reach, reach)).absolute).toBeLessThan(1e-7);
  });
});

test('exp() is clamped at ±87, so that it is never subnormal and never infinite', () => {
  expect(exp(-1000)).toBe(exp(-87));
  expect(exp(1000)).toBe(exp(87));
  expect(exp(-87)).toBeGreaterThan(2 ** -126);
  expect(exp(Infinity)).toBe(exp(87));
  expect(exp(0)).toBe(1);
  expect(exp(-0)).toBe(1);
});

test('special arguments give exact results', () => {
  expect(log(1)).toBe(0);
  expect(tanh(0)).toBe(0);
  expect(Object.is(tanh(-0), -0)).toBe(true);
  expect(sigmoid(0)).toBe(0.5);
  expect(sin(0)).toBe(0);
  expect(cos(0)).toBe(1);
  expect(sigmoid(1000)).toBe(1);
  expect(Math.abs(tanh(1000))).toBeLessThanOrEqual(1);
  expect(tanh(-1000)).toBe(-tanh(1000));
});

test('NaN stays NaN in all functions but log, whose domain is the positive numbers', () => {
  for (const tried of [exp, tanh, sigmoid, sin, cos]) expect(tried(Number.NaN)).toBeNaN();
});

test('odd functions are odd and even ones are even, to the bit', () => {
  for (let x = 0.001; x < 90; x *= 1.07) {
    expect(tanh(-x)).toBe(-tanh(x));
    expect(sin(-x)).toBe(-sin(x));
    expect(cos(-x)).toBe(cos(x));
  }
});

describe('flush()', () => {
  const flush = (x: number, exponent: number): number => floatOf(tensor.flush(numberLanes, bitsOf(x), exponent));
  const below = (x: number): number => floatOf(bitsOf(x) - 1);

  test.each([-51, -100, -120, -1])('gives +0 below 2^%i and keeps what is not below', (exponent) => {
    const threshold = 2 ** exponent;
    for (const sign of [1, -1]) {
      expect(flush(sign * threshold, exponent)).toBe(sign * threshold);
      expect(Object.is(flush(sign * below(threshold), exponent), 0)).toBe(true);
      expect(Object.is(flush(sign * 2 ** -149, exponent), 0)).toBe(true);
      expect(flush(sign * Infinity, exponent)).toBe(sign * Infinity);
    }
    expect(Object.is(flush(-0, exponent), 0)).toBe(true);
    expect(flush(Number.NaN, exponent)).toBeNaN();
  });

  test('keeps NaN of either sign', () => {
    for (const bits of [0x7fc00000, 0xffc00000, 0x7f800001]) expect(floatOf(tensor.flush(numberLanes, bits, -51))).toBeNaN();
  });
});

test('negate() and absolute() touch the sign bit alone', () => {
  for (const bits of [0, 0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 1, 0x80000001]) {
    expect(tensor.negate(numberLanes, bits)).toBe((bits ^ 0x80000000) >>> 0);
    expect(tensor.absolute(numberLanes, bits)).toBe(bits & 0x7fffffff);
  }
});

test('minimum() and maximum() keep their first operand when neither is less', () => {
  const [zero, minusZero, nan] = [bitsOf(0), bitsOf(-0), bitsOf(Number.NaN)];
  for (const choose of [tensor.minimum, tensor.maximum]) {
    expect(choose(numberLanes, zero, minusZero)).toBe(zero);
    expect(choose(numberLanes, minusZero, zero)).toBe(minusZero);
    expect(choose(numberLanes, nan, zero)).toBe(nan);
    expect(choose(numberLanes, zero, nan)).toBe(zero);
  }
  expect(tensor.minimum(numberLanes, bitsOf(2), bitsOf(1))).toBe(bitsOf(1));
  expect(tensor.maximum(numberLanes, bitsOf(2), bitsOf(3))).toBe(bitsOf(3));
});
