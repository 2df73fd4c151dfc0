// The basic arithmetic every backend has, on one lane of 32 bits. A portable function (exp, tanh, the random generator) is written
// once against this interface; the interpreter runs it on numbers, the compilers turn it into instructions.

/**
 * Operations on a lane `V` of 32 bits. Which type a lane holds is the operation's business: `f32` operations read it as a float,
 * `i32` operations as an integer. Every f32 result is rounded once, to nearest even.
 */
export interface LaneArithmetic<V> {
  /** The lane with these bits, an unsigned 32-bit integer. */
  bits(pattern: number): V;
  add(a: V, b: V): V;
  subtract(a: V, b: V): V;
  multiply(a: V, b: V): V;
  /** Correctly rounded; the divisor is not zero. */
  divide(a: V, b: V): V;
  /** Correctly rounded; the operand is not negative. */
  squareRoot(a: V): V;
  /** Comparisons of f32 and of i32 give a mask: all ones or all zeros. */
  less(a: V, b: V): V;
  lessOrEqual(a: V, b: V): V;
  equal(a: V, b: V): V;
  integerLess(a: V, b: V): V;
  integerAdd(a: V, b: V): V;
  integerSubtract(a: V, b: V): V;
  and(a: V, b: V): V;
  or(a: V, b: V): V;
  xor(a: V, b: V): V;
  /** Shifts by a constant of 0 … 31. */
  shiftLeft(a: V, count: number): V;
  shiftRightLogical(a: V, count: number): V;
  shiftRightArithmetic(a: V, count: number): V;
  /** Where the mask is all ones a, where it is all zeros b. */
  select(mask: V, a: V, b: V): V;
}
