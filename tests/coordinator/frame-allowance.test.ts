// How much a worker may say.

import { expect, test } from 'vitest';
import { FrameAllowance } from '../../coordinator/shell/frame-allowance.js';

const rate = { unaskedFrameCount: 3, unaskedFramesPerSecond: 2 };
const spend = (allowance: FrameAllowance, count: number, now: number): readonly boolean[] =>
  Array.from({ length: count }, () => allowance.spend(now));

test('FrameAllowance grants a stock at once, and no more', () => {
  expect(spend(new FrameAllowance(rate, 1000), 5, 1000)).toEqual([true, true, true, false, false]);
});

test('FrameAllowance fills up with time, to the stock and not beyond', () => {
  const allowance = new FrameAllowance(rate, 0);
  spend(allowance, 3, 0);
  expect(spend(allowance, 2, 499)).toEqual([false, false]);
  expect(spend(allowance, 2, 500)).toEqual([true, false]);
  expect(spend(allowance, 4, 1_000_000)).toEqual([true, true, true, false]);
});

test('FrameAllowance lets everything pass that answers a frame, however fast', () => {
  const allowance = new FrameAllowance(rate, 0);
  for (let count = 0; count < 10_000; count++) {
    allowance.grant();
    expect(allowance.spend(0)).toBe(true);
  }
  // What was granted and not used is no stock.
  for (let count = 0; count < 10_000; count++) allowance.grant();
  expect(spend(allowance, 4, 0)).toEqual([true, true, true, false]);
});
