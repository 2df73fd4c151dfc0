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

/**
 * Whether every value is finite, decided on bits. Runs over every contribution and every state while a step waits, so it has no branch
 * and four values at a time: adding one to an exponent of all ones reaches the sign bit, whose place was cleared before.
 */
export function isFiniteBits(values: Float32Array): boolean {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const carry = (index: number): number => ((bits[index] ?? 0) & 0x7fffffff) + 0x00800000;
  const wholeEnd = bits.length & ~3;
  let carries = 0;
  for (let index = 0; index < wholeEnd; index += 4) {
    carries |= carry(index) | carry(index + 1) | carry(index + 2) | carry(index + 3);
  }
  for (let index = wholeEnd; index < bits.length; index += 1) carries |= carry(index);
  return carries >= 0;
}
