// Lane arithmetic on JavaScript numbers: a lane is its bits, an unsigned 32-bit integer. Slow and plain: it is the definition.

import { bitsOf, floatOf } from './float-bits.js';
import type { LaneArithmetic } from './lane-arithmetic.js';

const mask = (truth: boolean): number => (truth ? 0xffffffff : 0);

/** The reference lanes. Rounding f64 results to f32 is exact rounding for + − × ÷ √ of f32 operands. */
export const numberLanes: LaneArithmetic<number> = {
  bits: (pattern) => pattern >>> 0,
  add: (a, b) => bitsOf(floatOf(a) + floatOf(b)),
  subtract: (a, b) => bitsOf(floatOf(a) - floatOf(b)),
  multiply: (a, b) => bitsOf(floatOf(a) * floatOf(b)),
  divide: (a, b) => bitsOf(floatOf(a) / floatOf(b)),
  squareRoot: (a) => bitsOf(Math.sqrt(floatOf(a))),
  less: (a, b) => mask(floatOf(a) < floatOf(b)),
  lessOrEqual: (a, b) => mask(floatOf(a) <= floatOf(b)),
  equal: (a, b) => mask(floatOf(a) === floatOf(b)),
  integerLess: (a, b) => mask((a | 0) < (b | 0)),
  integerAdd: (a, b) => (a + b) >>> 0,
  integerSubtract: (a, b) => (a - b) >>> 0,
  and: (a, b) => (a & b) >>> 0,
  or: (a, b) => (a | b) >>> 0,
  xor: (a, b) => (a ^ b) >>> 0,
  shiftLeft: (a, count) => (a << count) >>> 0,
  shiftRightLogical: (a, count) => a >>> count,
  shiftRightArithmetic: (a, count) => (a >> count) >>> 0,
  select: (chosen, a, b) => ((a & chosen) | (b & ~chosen)) >>> 0,
};

/** A portable function of lanes as a function of f32 numbers. */
export const onNumbers =
  (portable: (a: LaneArithmetic<number>, x: number) => number) =>
  (x: number): number =>
    floatOf(portable(numberLanes, bitsOf(x)));
