// Curves of bounded size, kept on both sides of a connection.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DecimatedCurve, ThinnedSamples } from '../../protocol/index.js';

const limit = 16;

/** Ascending positions with values. */
const points = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 9 }), fc.double({ min: -100, max: 100, noNaN: true })), { maxLength: 300 })
  .map((steps) => {
    let position = 0;
    return steps.map(([gap, value]) => [(position += gap), value] as const);
  });

test('DecimatedCurve keeps mean, extremes and last value of what its buckets cover, in bounds', () => {
  fc.assert(
    fc.property(points, (added) => {
      const curve = new DecimatedCurve(limit);
      for (const [position, value] of added) curve.add(position, value);
      const { width, buckets } = curve.all;
      expect(buckets.length).toBeLessThanOrEqual(limit);
      for (const [index, count, mean, smallest, largest, last] of buckets) {
        const covered = added.filter(([position]) => Math.floor(position / width) === index).map(([, value]) => value);
        expect(count).toBe(covered.length);
        expect(smallest).toBeCloseTo(Math.min(...covered), 4);
        expect(largest).toBeCloseTo(Math.max(...covered), 4);
        expect(mean).toBeCloseTo(covered.reduce((sum, value) => sum + value, 0) / count, 4);
        expect(last).toBeCloseTo(covered.at(-1) ?? NaN, 4);
      }
      expect(buckets.reduce((sum, [, count]) => sum + count, 0)).toBe(added.length);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('DecimatedCurve is its own coarser picture in fewer buckets', () => {
  fc.assert(
    fc.property(points, fc.integer({ min: 1, max: limit }), (added, fewer) => {
      const [fine, coarse] = [new DecimatedCurve(limit), new DecimatedCurve(fewer)];
      for (const [position, value] of added) {
        fine.add(position, value);
        coarse.add(position, value);
      }
      const found = fine.coarse(fewer);
      expect(found.width).toBe(Math.max(fine.all.width, coarse.all.width));
      expect(found.buckets.map(([index, count]) => [index, count])).toEqual(
        coarse.all.buckets.map(([index, count]) => [index, count]),
      );
      for (const [index, [, , mean]] of found.buckets.entries()) {
        expect(mean).toBeCloseTo(coarse.all.buckets[index]?.[2] ?? NaN, 3);
      }
      expect(fine.coarse(limit)).toEqual(fine.all);
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('DecimatedCurve is the same on the other side whenever its parts travel, and however often', () => {
  fc.assert(
    fc.property(points, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (added, portions) => {
      const [here, there] = [new DecimatedCurve(limit), new DecimatedCurve(limit)];
      let [told, next] = [-1, 0];
      for (let portion = 0; next < added.length; portion += 1) {
        const end = next + (portions[portion % portions.length] ?? 1);
        for (const [position, value] of added.slice(next, end)) here.add(position, value);
        there.replace(here.since(told));
        // A part that comes twice changes nothing.
        if (portion % 3 === 0) there.replace(here.since(told));
        told = added.slice(0, end).at(-1)?.[0] ?? told;
        next = end;
      }
      expect(there.all.width).toBe(here.all.width);
      expect(there.all.buckets.map(([index, count]) => [index, count])).toEqual(
        here.all.buckets.map(([index, count]) => [index, count]),
      );
      for (const [index, bucket] of there.all.buckets.entries()) {
        expect(bucket[2]).toBeCloseTo(here.all.buckets[index]?.[2] ?? NaN, 3);
      }
    }),
    { seed: 1, numRuns: 500 },
  );
});

test('DecimatedCurve leaves out what is not finite', () => {
  const curve = new DecimatedCurve(limit);
  for (const value of [1, NaN, Infinity, 3]) curve.add(1, value);
  expect(curve.all.buckets).toEqual([[1, 2, 2, 1, 3, 3]]);
});

test('ThinnedSamples keeps the first and the last sample, and spreads the others evenly, in bounds', () => {
  const samples = new ThinnedSamples<{ readonly step: number }>(20);
  for (let step = 0; step <= 10_000; step += 7) {
    samples.offer({ step });
    expect(samples.all.length).toBeLessThanOrEqual(20);
    expect(samples.all[0]?.step).toBe(0);
    expect(samples.all.at(-1)?.step).toBe(step);
  }
  const steps = samples.all.map(({ step }) => step);
  const gaps = steps.slice(1, -1).map((step, index) => step - (steps[index] ?? 0));
  expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(4);
  samples.offer({ step: 5 });
  expect(samples.all.map(({ step }) => step)).toEqual(steps);
});
