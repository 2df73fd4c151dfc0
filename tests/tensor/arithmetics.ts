// Machines that do arithmetic differently, for running one program on each of them.

import {
  bitsOf,
  cos,
  exp,
  floatOf,
  log,
  numberLanes,
  sigmoid,
  sin,
  tanh,
  type LaneArithmetic,
  type UnaryOperation,
} from '../../tensor/index.js';

/** How a machine rounds and which functions it has. */
export interface Arithmetic {
  /** What becomes of an exact result, and of a number that is read or stored. */
  readonly round: (x: number) => number;
  readonly flush: (x: number, exponent: number) => number;
  readonly functions: Readonly<Record<UnaryOperation, (x: number) => number>>;
}

/** An f32 that is subnormal becomes a zero of its sign. */
export const withoutSubnormal = (x: number): number => (Math.abs(x) < 2 ** -126 ? x * 0 : x);

const flushed = (x: number, exponent: number): number => (Math.abs(x) < 2 ** exponent ? 0 : x);

const portable = (lanes: LaneArithmetic<number>): Arithmetic['functions'] => {
  const onLanes =
    (apply: (a: LaneArithmetic<number>, x: number) => number) =>
    (x: number): number =>
      floatOf(apply(lanes, bitsOf(x)));
  return {
    negate: (x) => -x,
    absolute: Math.abs,
    sqrt: (x) => Math.fround(Math.sqrt(x)),
    exp: onLanes(exp),
    log: onLanes(log),
    tanh: onLanes(tanh),
    sigmoid: onLanes(sigmoid),
    sin: onLanes(sin),
    cos: onLanes(cos),
  };
};

/** A machine that keeps the contract and has subnormal numbers. */
export const strict: Arithmetic = { round: Math.fround, flush: flushed, functions: portable(numberLanes) };

/** Lanes whose every f32 operation passes what it reads and what it writes through `pass`. */
const lanesThrough = (pass: (x: number) => number): LaneArithmetic<number> => {
  const read = (bits: number): number => pass(floatOf(bits));
  const rounded = (x: number): number => bitsOf(pass(Math.fround(x)));
  return {
    ...numberLanes,
    add: (a, b) => rounded(read(a) + read(b)),
    subtract: (a, b) => rounded(read(a) - read(b)),
    multiply: (a, b) => rounded(read(a) * read(b)),
    divide: (a, b) => rounded(read(a) / read(b)),
    squareRoot: (a) => rounded(Math.sqrt(read(a))),
    less: (a, b) => numberLanes.less(bitsOf(read(a)), bitsOf(read(b))),
    lessOrEqual: (a, b) => numberLanes.lessOrEqual(bitsOf(read(a)), bitsOf(read(b))),
    equal: (a, b) => numberLanes.equal(bitsOf(read(a)), bitsOf(read(b))),
  };
};

const machine = (pass: (x: number) => number): Arithmetic => ({
  round: (x) => pass(Math.fround(x)),
  flush: flushed,
  functions: portable(lanesThrough(pass)),
});

/** A machine that has no subnormal numbers, as many GPUs. */
export const flushing: Arithmetic = machine(withoutSubnormal);

/** A machine that stops at the first number that is subnormal, infinite or not a number. */
export const vigilant: Arithmetic = machine((x) => {
  if (x === 0 || (Number.isFinite(x) && Math.abs(x) >= 2 ** -126)) return x;
  throw new RangeError(`Cannot go on: ${x} found, zero or a normal number wanted`);
});

/** Mathematics as f64 has it: nothing is rounded to f32, nothing flushed. */
export const mathematics: Arithmetic = {
  round: (x) => x,
  flush: (x) => x,
  functions: {
    negate: (x) => -x,
    absolute: Math.abs,
    sqrt: Math.sqrt,
    exp: Math.exp,
    log: Math.log,
    tanh: Math.tanh,
    sigmoid: (x) => 1 / (1 + Math.exp(-x)),
    sin: Math.sin,
    cos: Math.cos,
  },
};
