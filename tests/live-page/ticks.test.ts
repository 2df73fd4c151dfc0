// Where axes have their marks.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatTick, linearTicks, logarithmicRange, logarithmicTicks, timeTicks } from '../../live-page/page/ticks.js';

describe('linearTicks()', () => {
  test('gives round numbers', () => {
    expect(linearTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(linearTicks(0, 20_000)).toEqual([0, 5000, 10_000, 15_000, 20_000]);
    expect(linearTicks(3, 3)).toEqual([3]);
  });

  test('gives a few within the range, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e6, noNaN: true }),
        fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
        (minimum, span) => {
          const ticks = linearTicks(minimum, minimum + span);
          expect(ticks.length).toBeGreaterThanOrEqual(2);
          expect(ticks.length).toBeLessThanOrEqual(7);
          expect(ticks).toEqual([...ticks].sort((a, b) => a - b));
          for (const tick of ticks) expect(Math.abs(tick - minimum - span / 2)).toBeLessThanOrEqual(span * 0.5001);
        },
      ),
      { seed: 1, numRuns: 1000 },
    );
  });
});

test('timeTicks() gives round times', () => {
  expect(timeTicks(0, 10)).toEqual([0, 2, 4, 6, 8, 10]);
  expect(timeTicks(0, 200)).toEqual([0, 60, 120, 180]);
  expect(timeTicks(0, 7200)).toEqual([0, 1800, 3600, 5400, 7200]);
  expect(timeTicks(0, 864_000)).toEqual([0, 172_800, 345_600, 518_400, 691_200, 864_000]);
});

describe('logarithmicTicks()', () => {
  test('has finer marks the narrower the range is', () => {
    expect(logarithmicTicks(0.09, 0.6)).toEqual([0.1, 0.15, 0.2, 0.3, 0.5]);
    expect(logarithmicTicks(0.001, 1)).toEqual([0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1]);
    expect(logarithmicTicks(1e-8, 1)).toHaveLength(9);
    expect(logarithmicTicks(0.1, 0.11)).toEqual([0.1, 0.105, 0.11]);
    expect(logarithmicTicks(0, 1)).toEqual([]);
  });

  test('has at least two marks in every range that is drawn, and not too many', () => {
    fc.assert(
      fc.property(fc.integer({ min: -9, max: 3 }), fc.double({ min: 1, max: 1e9, noNaN: true }), (exponent, factor) => {
        const minimum = 1.7 * 10 ** exponent;
        const ticks = logarithmicTicks(...logarithmicRange(minimum, minimum * factor));
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(13);
      }),
      { seed: 1, numRuns: 1000 },
    );
  });
});

test('formatTick() is short', () => {
  expect([0, 0.1, 1500, 20_000, 3e6, 0.0005, 1e-7].map(formatTick)).toEqual([
    ...['0', '0.1', '1500', '20k', '3M', '5×10⁻⁴', '10⁻⁷'],
  ]);
});
