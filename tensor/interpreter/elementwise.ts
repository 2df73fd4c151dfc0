// Element-wise operations of the interpreter: one f32 function for each name.

import { numberLanes, onNumbers } from '../number-lanes.js';
import * as portable from '../portable-functions.js';
import type { BinaryOperation, UnaryOperation } from '../program.js';
import { bitsOf, floatOf } from '../float-bits.js';

const truth = (condition: boolean): number => (condition ? 1 : 0);

/** Functions of one operand. Results are rounded when they are stored as f32. */
export const unaryFunctions: Readonly<Record<UnaryOperation, (x: number) => number>> = {
  negate: onNumbers(portable.negate),
  absolute: onNumbers(portable.absolute),
  sqrt: (x) => Math.sqrt(x),
  exp: onNumbers(portable.exp),
  log: onNumbers(portable.log),
  tanh: onNumbers(portable.tanh),
  sigmoid: onNumbers(portable.sigmoid),
  sin: onNumbers(portable.sin),
  cos: onNumbers(portable.cos),
};

/** Functions of two operands. */
export const binaryFunctions: Readonly<Record<BinaryOperation, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  minimum: (x, y) => (y < x ? y : x),
  maximum: (x, y) => (x < y ? y : x),
  less: (x, y) => truth(x < y),
  lessOrEqual: (x, y) => truth(x <= y),
  equal: (x, y) => truth(x === y),
};

/** |x| < 2^exponent becomes +0. */
export const flushed = (x: number, exponent: number): number => floatOf(portable.flush(numberLanes, bitsOf(x), exponent));
