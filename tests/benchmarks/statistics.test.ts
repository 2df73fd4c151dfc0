import { expect, test } from 'vitest';
import { median, timingOf, withoutPart } from '../../benchmarks/statistics.js';

test('median() takes the middle of an odd and the mean of the middle two of an even number of values', () => {
  expect(median([5, 1, 9])).toBe(5);
  expect(median([4, 1, 9, 2])).toBe(3);
});

test('median() throws when there is nothing to take it of', () => {
  expect(() => median([])).toThrow('0 values found, at least 1 wanted');
});

test('timingOf() keeps minimum, median and count and leaves its argument alone', () => {
  const samples = [3, 1, 2];
  expect(timingOf(samples)).toEqual({ minimumMilliseconds: 1, medianMilliseconds: 2, sampleCount: 3 });
  expect(samples).toEqual([3, 1, 2]);
});

test('withoutPart() subtracts minimum from minimum and median from median', () => {
  const whole = { minimumMilliseconds: 10, medianMilliseconds: 12, sampleCount: 7 };
  const part = { minimumMilliseconds: 1, medianMilliseconds: 2, sampleCount: 7 };
  expect(withoutPart(whole, part)).toEqual({ minimumMilliseconds: 9, medianMilliseconds: 10, sampleCount: 7 });
});

test('withoutPart() leaves a hundredth when noise makes the part larger than the whole', () => {
  const timing = (milliseconds: number) => ({
    minimumMilliseconds: milliseconds,
    medianMilliseconds: milliseconds,
    sampleCount: 1,
  });
  expect(withoutPart(timing(10), timing(11)).minimumMilliseconds).toBeCloseTo(0.1);
});
