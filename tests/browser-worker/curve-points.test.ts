// The place of every point on the curve that a volunteer sees.

import { describe, expect, test } from 'vitest';
import { drawCurve } from '../../browser-worker/page/curve-points.js';

describe('drawCurve()', () => {
  test('spreads steps evenly and losses by their logarithm', () => {
    expect(
      drawCurve([
        [1, 100],
        [2, 10],
        [5, 1],
      ]),
    ).toEqual({
      points: '2.0,2.0 76.0,50.0 298.0,98.0',
      ...{ highest: 100, lowest: 1, firstStep: 1, lastStep: 5 },
    });
  });

  test('draws a loss that never changes in the middle', () => {
    expect(
      drawCurve([
        [1, 3],
        [2, 3],
      ])?.points,
    ).toBe('2.0,50.0 298.0,50.0');
  });

  test('draws nothing when there is no line', () => {
    expect(
      [
        [],
        [[1, 2]],
        [
          [1, 0],
          [2, -1],
          [3, 2],
        ],
      ].map((curve) => drawCurve(curve as [number, number][])),
    ).toEqual([undefined, undefined, undefined]);
  });
});
