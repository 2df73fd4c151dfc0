import { expect, test } from 'vitest';
import { stepTimeOf } from '../../benchmarks/step-time.js';

const options = { windowSteps: 16, apartMilliseconds: 8 };

/** Records of steps at these times, in milliseconds, with one of another kind before and after them. */
function metricsAt(times: readonly number[]): string {
  const begin = Date.UTC(2026, 0, 1);
  const line = (type: string, time: number): string => JSON.stringify({ type, time: new Date(begin + time).toISOString() });
  return [line('test', 0), ...times.map((time) => line('step', time)), line('test', times.at(-1) ?? 0), ''].join('\n');
}

const steps = (count: number, timeOf: (step: number) => number): readonly number[] =>
  Array.from({ length: count }, (_, step) => timeOf(step));

test('stepTimeOf() takes the fastest window of steps that were committed one by one', () => {
  // 20 ms each, and 18 steps of 15 ms late in the run.
  const metrics = metricsAt(steps(300, (step) => 20 * step - 5 * Math.min(18, Math.max(0, step - 200))));
  expect(stepTimeOf(metrics, options)).toEqual({ milliseconds: 15, stepsAtOnce: 1 });
});

test('stepTimeOf() takes whole segments, though all of their records have one time', () => {
  const metrics = metricsAt(steps(300, (step) => 400 * Math.floor(step / 20)));
  expect(stepTimeOf(metrics, options)).toEqual({ milliseconds: 20, stepsAtOnce: 20 });
});

test('stepTimeOf() takes a segment for one where its records were written in two milliseconds or three', () => {
  const metrics = metricsAt(steps(300, (step) => 400 * Math.floor(step / 20) + Math.floor((step % 20) / 8)));
  expect(stepTimeOf(metrics, options)).toEqual({ milliseconds: 20, stepsAtOnce: 20 });
});

test('stepTimeOf() leaves the first half out, however fast', () => {
  const metrics = metricsAt(steps(300, (step) => 10 * step + 10 * Math.max(0, step - 140)));
  expect(stepTimeOf(metrics, options)).toEqual({ milliseconds: 20, stepsAtOnce: 1 });
});

test('stepTimeOf() measures nothing where no window is whole', () => {
  expect(() => stepTimeOf(metricsAt(steps(300, () => 0)), options)).toThrow(
    'Cannot measure steps: 300 in 1 commits found, at least 16 after a first one wanted',
  );
  expect(() => stepTimeOf(metricsAt([]), options)).toThrow('0 in 0 commits found');
});
