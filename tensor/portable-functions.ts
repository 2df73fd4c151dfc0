// exp, log, tanh, sigmoid, sin and cos as fixed sequences of basic operations: the same bits on every machine.
//
// Written once against LaneArithmetic: the interpreter runs them on numbers, compilers turn them into instructions.
// Polynomials are those of the Cephes library's single-precision functions; tanh is a rational approximation of degree 13 over 6.
// Worst errors over the stated ranges are measured in tests and listed in docs/numerics.md.

import { bitsOf } from './float-bits.js';
import type { LaneArithmetic } from './lane-arithmetic.js';

/** 1.5 · 2^23: adding it rounds to an integer, whose low bits are then those of the sum. */
const roundingShift = 12582912;
const roundingShiftBits = bitsOf(roundingShift);
const signBit = 0x80000000;

const exponentialLimit = 87;
const logTwoHigh = 0.693359375;
const logTwoLow = -2.1219444e-4;
const expCoefficients = [1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1];
const logCoefficients = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1, 2.0000714765e-1,
  -2.4999993993e-1, 3.3333331174e-1,
];
const tanhLimit = 7.90531110763549805;
const tanhNumerator = [
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
  6.37261928875436e-4, 4.89352455891786e-3,
];
const tanhDenominator = [1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3];
const halfPi = [1.5703125, 4.837512969970703125e-4, 7.549789948768648e-8];
const sinCoefficients = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const cosCoefficients = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

const constant = <V>(a: LaneArithmetic<V>, x: number): V => a.bits(bitsOf(x));

/** Horner's rule, highest coefficient first: each step rounds the product and then the sum. */
function polynomial<V>(a: LaneArithmetic<V>, x: V, coefficients: readonly number[]): V {
  return coefficients
    .slice(1)
    .reduce((sum, coefficient) => a.add(a.multiply(sum, x), constant(a, coefficient)), constant(a, coefficients[0] ?? 0));
}

/** −limit … limit; NaN stays. */
function clamp<V>(a: LaneArithmetic<V>, x: V, limit: number): V {
  const [low, high] = [constant(a, -limit), constant(a, limit)];
  const raised = a.select(a.less(x, low), low, x);
  return a.select(a.less(high, raised), high, raised);
}

/** −x: the sign bit turned. */
export const negate = <V>(a: LaneArithmetic<V>, x: V): V => a.xor(x, a.bits(signBit));
/** |x|: the sign bit cleared. */
export const absolute = <V>(a: LaneArithmetic<V>, x: V): V => a.and(x, a.bits(signBit - 1));
/** y < x ? y : x. */
export const minimum = <V>(a: LaneArithmetic<V>, x: V, y: V): V => a.select(a.less(y, x), y, x);
/** x < y ? y : x. */
export const maximum = <V>(a: LaneArithmetic<V>, x: V, y: V): V => a.select(a.less(x, y), y, x);
/** |x| < 2^exponent ? +0 : x, by an integer comparison of the magnitude's bits; NaN stays. */
export function flush<V>(a: LaneArithmetic<V>, x: V, exponent: number): V {
  const threshold = a.bits((exponent + 127) << 23);
  return a.select(a.integerLess(absolute(a, x), threshold), a.bits(0), x);
}

/** e^x for x clamped to ±87. */
export function exp<V>(a: LaneArithmetic<V>, x: V): V {
  const shift = constant(a, roundingShift);
  const c = clamp(a, x, exponentialLimit);
  const shifted = a.add(a.multiply(c, constant(a, Math.LOG2E)), shift);
  const n = a.subtract(shifted, shift);
  const high = a.subtract(c, a.multiply(n, constant(a, logTwoHigh)));
  const r = a.subtract(high, a.multiply(n, constant(a, logTwoLow)));
  const y = polynomial(a, r, expCoefficients);
  const mantissa = a.add(a.add(a.multiply(y, a.multiply(r, r)), r), constant(a, 1));
  const exponent = a.integerAdd(a.integerSubtract(shifted, a.bits(roundingShiftBits)), a.bits(127));
  return a.multiply(mantissa, a.shiftLeft(exponent, 23));
}

/** ln x for positive normal x; what other operands give is fixed but means nothing. */
export function log<V>(a: LaneArithmetic<V>, x: V): V {
  const rootHalf = a.bits(0x3f3504f3);
  const exponent = a.shiftRightArithmetic(a.integerSubtract(x, rootHalf), 23);
  const m = a.subtract(a.integerSubtract(x, a.shiftLeft(exponent, 23)), constant(a, 1));
  const e = a.subtract(a.integerAdd(exponent, a.bits(roundingShiftBits)), constant(a, roundingShift));
  const z = a.multiply(m, m);
  const y = a.multiply(a.multiply(polynomial(a, m, logCoefficients), m), z);
  const low = a.add(y, a.multiply(e, constant(a, logTwoLow)));
  const rest = a.subtract(low, a.multiply(z, constant(a, 0.5)));
  return a.add(a.add(m, rest), a.multiply(e, constant(a, logTwoHigh)));
}

/** tanh x. */
export function tanh<V>(a: LaneArithmetic<V>, x: V): V {
  const c = clamp(a, x, tanhLimit);
  const square = a.multiply(c, c);
  const numerator = a.multiply(polynomial(a, square, tanhNumerator), c);
  return a.divide(numerator, polynomial(a, square, tanhDenominator));
}

/** 1 / (1 + e^−x). */
export function sigmoid<V>(a: LaneArithmetic<V>, x: V): V {
  const one = constant(a, 1);
  return a.divide(one, a.add(one, exp(a, negate(a, x))));
}

interface Quadrant<V> {
  /** sin and cos of the remainder in ±π/4. */
  readonly sine: V;
  readonly cosine: V;
  /** The multiple of π/2 that was taken off; its two low bits count. */
  readonly count: V;
}

function quadrant<V>(a: LaneArithmetic<V>, x: V): Quadrant<V> {
  const shift = constant(a, roundingShift);
  const count = a.add(a.multiply(x, constant(a, 2 / Math.PI)), shift);
  const n = a.subtract(count, shift);
  const r = halfPi.reduce((rest, part) => a.subtract(rest, a.multiply(n, constant(a, part))), x);
  const z = a.multiply(r, r);
  const sine = a.add(a.multiply(a.multiply(polynomial(a, z, sinCoefficients), z), r), r);
  const square = a.multiply(a.multiply(polynomial(a, z, cosCoefficients), z), z);
  const cosine = a.add(a.subtract(square, a.multiply(z, constant(a, 0.5))), constant(a, 1));
  return { sine, cosine, count };
}

/** The value whose sign is turned where bit 1 of `count` is set. */
const turned = <V>(a: LaneArithmetic<V>, x: V, count: V): V => a.xor(x, a.shiftLeft(a.and(count, a.bits(2)), 30));
const isOdd = <V>(a: LaneArithmetic<V>, count: V): V => a.integerLess(a.bits(0), a.and(count, a.bits(1)));

/** sin x for |x| ≤ 8192. */
export function sin<V>(a: LaneArithmetic<V>, x: V): V {
  const { sine, cosine, count } = quadrant(a, x);
  return turned(a, a.select(isOdd(a, count), cosine, sine), count);
}

/** cos x for |x| ≤ 8192. */
export function cos<V>(a: LaneArithmetic<V>, x: V): V {
  const { sine, cosine, count } = quadrant(a, x);
  return turned(a, a.select(isOdd(a, count), sine, cosine), a.integerAdd(count, a.bits(1)));
}

/** A uniform number in (0, 1) from the upper 23 bits of a word: (k + ½) · 2^−23. */
export function uniform<V>(a: LaneArithmetic<V>, word: V): V {
  const oneToTwo = a.or(a.shiftRightLogical(word, 9), a.bits(0x3f800000));
  return a.add(a.subtract(oneToTwo, constant(a, 1)), constant(a, 2 ** -24));
}
