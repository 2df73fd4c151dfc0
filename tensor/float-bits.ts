// The bits of an f32 as an unsigned integer, and back.

const float = new Float32Array(1);
const word = new Uint32Array(float.buffer);

/** Bits of x rounded to f32. */
export function bitsOf(x: number): number {
  float[0] = x;
  return word[0] ?? 0;
}

/** The f32 with these bits. */
export function floatOf(bits: number): number {
  word[0] = bits;
  return float[0] ?? 0;
}

/** True where an f32 is infinite or NaN, decided on its bits. */
export const isNonFinite = (bits: number): boolean => (bits & 0x7f800000) === 0x7f800000;

/** Negative where the f32 with these bits is infinite or NaN: one more in an exponent of all ones reaches the sign's place. */
const carryOf = (bits: number): number => ((bits & 0x7fffffff) + 0x00800000) | 0;

/**
 * Whether every value is finite, decided on bits. Runs over every contribution and every state while a step waits, so it has no branch,
 * eight values at a time, and numbers of 32 bits: without `| 0` the sums would be doubles.
 */
export function isFiniteBits(values: Float32Array): boolean {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const wholeEnd = bits.length & ~7;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let index = 0; index < wholeEnd; index += 8) {
    a |= carryOf(bits[index]!) | carryOf(bits[index + 1]!);
    b |= carryOf(bits[index + 2]!) | carryOf(bits[index + 3]!);
    c |= carryOf(bits[index + 4]!) | carryOf(bits[index + 5]!);
    d |= carryOf(bits[index + 6]!) | carryOf(bits[index + 7]!);
  }
  for (let index = wholeEnd; index < bits.length; index += 1) a |= carryOf(bits[index]!);
  return (a | b | c | d) >= 0;
}
