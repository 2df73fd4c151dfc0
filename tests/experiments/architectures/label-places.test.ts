import { describe, expect, it } from 'vitest';
import { placeLabels } from '../../../experiments/architectures/label-places.js';

const gapsOf = (places: readonly number[]): readonly number[] =>
  places.slice(1).map((place, index) => Math.log(place / places[index]!));

describe('placeLabels()', () => {
  it('leaves names where their points are, if there is room', () => {
    const placed = placeLabels([{ loss: 10 }, { loss: 1 }], [0.1, 100]);
    expect(placed.map(({ loss, place }) => place / loss)).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
  });

  it.each([[[0.5, 0.5, 0.5, 0.51]], [[0.99, 0.99, 0.98, 0.1]], [[0.1, 0.1, 0.1]]])(
    'keeps names of %j apart and on the axis',
    (losses) => {
      const places = placeLabels(
        losses.map((loss) => ({ loss })),
        [0.1, 1],
      ).map(({ place }) => place);
      const least = 0.036 * Math.log(10);
      for (const gap of gapsOf(places)) expect(gap).toBeGreaterThan(0.999 * least);
      expect(Math.max(...places)).toBeLessThanOrEqual(1.000_001);
    },
  );
});
