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
