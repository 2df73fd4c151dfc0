import { expect, test } from 'vitest';

import { bitsOf, floatOf, isFiniteBits, isNonFinite } from '../../tensor/index.js';

test.each([
  [0, 0],
  [-0, 0x80000000],
  [1, 0x3f800000],
  [-2.5, 0xc0200000],
  [2 ** -149, 1],
  [Infinity, 0x7f800000],
  [1e300, 0x7f800000],
  [1 + 2 ** -24, 0x3f800000],
])('bitsOf() rounds %d to the nearest f32, ties to even', (x, bits) => {
  expect(bitsOf(x)).toBe(bits);
  expect(Object.is(floatOf(bits), Math.fround(x))).toBe(true);
});

test('isNonFinite() is true of infinities and NaN alone', () => {
  for (const bits of [0x7f800000, 0xff800000, 0x7fc00000, 0xffffffff, 0x7f800001]) expect(isNonFinite(bits)).toBe(true);
  for (const bits of [0, 0x80000000, 0x7f7fffff, 0xff7fffff, 1]) expect(isNonFinite(bits)).toBe(false);
});

test('isFiniteBits() finds one value that is not finite at every place of every length', () => {
  for (let length = 1; length <= 13; length += 1) {
    const values = Float32Array.from(
      { length },
      (_, index) => [3.4028234663852886e38, -3.4028234663852886e38, -0, 2 ** -149][index % 4] ?? 0,
    );
    expect(isFiniteBits(values)).toBe(true);
    for (let index = 0; index < length; index += 1) {
      for (const value of [Infinity, -Infinity, NaN]) expect(isFiniteBits(values.with(index, value))).toBe(false);
    }
  }
});

test('isFiniteBits() looks at nothing outside of a view', () => {
  const values = Float32Array.of(NaN, 1, 2, 3, 4, 5, NaN);
  expect(isFiniteBits(values.subarray(1, 6))).toBe(true);
});
