import { expect, test } from 'vitest';

import { bitsOf, floatOf, isNonFinite } from '../../tensor/index.js';

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
