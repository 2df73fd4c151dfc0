// Normal and uniform numbers for initial parameters and fixed teachers: from the counter-based generator and portable functions,
// so that every engine draws the same bits.

import { cos, log, onNumbers, sin, threefry2x32, type Key } from '../tensor/index.js';

const logarithm = onNumbers(log);
const cosine = onNumbers(cos);
const sine = onNumbers(sin);

/** Uniform in (0, 1) from a word of 32 bits: (k + ½) · 2^−24 with its upper 24 bits. */
const uniformOf = (word: number): number => ((word >>> 8) + 0.5) / 2 ** 24;

/** `count` uniform numbers in (0, 1). */
export function uniformNumbers(key: Key, count: number): Float64Array {
  return pairwise(key, count, (first, second) => [uniformOf(first), uniformOf(second)]);
}

/** `count` standard normal numbers (Box–Muller). */
export function normalNumbers(key: Key, count: number): Float64Array {
  return pairwise(key, count, (first, second) => {
    const radius = Math.sqrt(-2 * logarithm(uniformOf(first)));
    const angle = 2 * Math.PI * uniformOf(second);
    return [radius * cosine(angle), radius * sine(angle)];
  });
}

function pairwise(key: Key, count: number, pair: (first: number, second: number) => readonly [number, number]): Float64Array {
  const numbers = new Float64Array(count + (count % 2));
  for (let index = 0; index < count; index += 2) numbers.set(pair(...threefry2x32(key, [0, index / 2])), index);
  return numbers.subarray(0, count);
}
