// A loss curve of bounded length.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { LossCurve } from '../../coordinator/shell/loss-curve.js';

describe('LossCurve', () => {
  test('has every step while there is room', () => {
    const curve = new LossCurve(4);
    expect(curve.points).toEqual([]);
    for (const step of [1, 2, 3, 4]) curve.add(step, 10 * step);
    expect(curve.points).toEqual([
      [1, 10],
      [2, 20],
      [3, 30],
      [4, 40],
    ]);
  });

  test('has means over equally many steps when there are more', () => {
    const curve = new LossCurve(4);
    for (let step = 1; step <= 9; step += 1) curve.add(step, step);
    expect(curve.points).toEqual([
      [4, 2.5],
      [8, 6.5],
      [9, 9],
    ]);
  });

  test('leaves out what is not finite, and rounds to four digits', () => {
    const curve = new LossCurve();
    curve.add(1, Infinity);
    curve.add(2, Number.NaN);
    curve.add(3, 1 / 3);
    expect(curve.points).toEqual([[3, 0.3333]]);
  });

  test.prop([fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 60 }).map((half) => 2 * half)], { seed: 35 })(
    'is never longer than its limit, ends with the last step and ascends',
    (stepCount, limit) => {
      const curve = new LossCurve(limit);
      for (let step = 1; step <= stepCount; step += 1) curve.add(step, 1);
      const steps = curve.points.map(([step]) => step);
      expect(steps.length).toBeLessThanOrEqual(limit);
      expect(steps.length).toBeGreaterThanOrEqual(Math.min(stepCount, limit / 2));
      expect(steps.at(-1)).toBe(stepCount);
      expect(steps).toEqual([...new Set(steps)].sort((a, b) => a - b));
      expect(curve.points.every(([, loss]) => loss === 1)).toBe(true);
    },
  );
});
