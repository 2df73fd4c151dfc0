import { expect, test } from 'vitest';
import type { Measurement, TrainingRate } from '../../benchmarks/report.js';
import { judge, judgeGpu } from '../../benchmarks/verdicts.js';

/** A rate of so many sequences per second of W1-last. */
function rate(candidate: string, sequencesPerSecond: number, form = ''): TrainingRate {
  const milliseconds = 1_000_000 / sequencesPerSecond;
  return {
    ...{ type: 'training', workload: 'W1-last', candidate, form, threadCount: 1, clock: 'processor', batchSize: 1000 },
    timing: { minimumMilliseconds: milliseconds, medianMilliseconds: milliseconds, sampleCount: 3 },
    flopsPerSequence: 1000,
  };
}

const verdictOn = (target: string, measurements: readonly Measurement[]) =>
  judge(measurements).find((verdict) => verdict.target.startsWith(target));

test('judge() compares with the fastest form of a peer', () => {
  const measurements = [rate('starling', 3500), rate('pytorch', 100, 'slow'), rate('pytorch', 1000, 'fast')];
  expect(verdictOn('W1-last: starling against pytorch', measurements)).toMatchObject({ measured: '3.50 ×', verdict: 'met' });
});

test('judge() reports a miss with its measurement', () => {
  const measurements = [rate('starling', 2900), rate('pytorch', 1000)];
  expect(verdictOn('W1-last: starling against pytorch', measurements)).toMatchObject({ measured: '2.90 ×', verdict: 'missed' });
});

test('judge() says what was not measured', () => {
  expect(verdictOn('W1-last: starling against jax-js', [rate('starling', 1)])).toMatchObject({ verdict: 'not measured' });
  expect(new Set(judge([]).map(({ verdict }) => verdict))).toEqual(new Set(['not measured']));
});

test('judge() wants overhead below its bound', () => {
  const step = (stepMilliseconds: number): Measurement => ({
    type: 'step',
    threadCount: 1,
    stepMilliseconds,
    kernelMilliseconds: 9,
    stepsAtOnce: 1,
  });
  expect(verdictOn('whole step, 1 thread', [step(9.9)])).toMatchObject({ measured: '9.1 %', verdict: 'met' });
  expect(verdictOn('whole step, 1 thread', [step(10)])).toMatchObject({ measured: '10.0 %', verdict: 'missed' });
});

test('judge() relates matmuls to the strict peak loop', () => {
  const peak = (name: string, bestGigaflops: number): Measurement => ({
    ...{ type: 'peak', name, bestGigaflops, medianGigaflops: bestGigaflops },
  });
  const measurements = [peak('strict loop', 50), peak('matmul n = 80', 48), peak('matmul n = 512', 40)];
  expect(verdictOn('matmul n = 80', measurements)).toMatchObject({ measured: '96.0 %', verdict: 'met' });
  expect(verdictOn('matmul n = 512', measurements)).toMatchObject({ measured: '80.0 %', verdict: 'missed' });
});

test('judgeGpu() wants the bits of WASM everywhere, and small networks ahead of PyTorch at every batch', () => {
  const at = (workload: string, candidate: string, perSecond: number): TrainingRate => ({
    ...rate(candidate, perSecond),
    workload,
  });
  const bits = (workload: string, isEqual: boolean): Measurement => ({ type: 'bits', workload, isEqual });
  const measurements = [
    ...[bits('W1-last × 2048', true), bits('W2-last × 2048', false)],
    ...[at('W1-last × 2048', 'starling', 3000), at('W1-last × 2048', 'pytorch', 1500)],
  ];
  expect(judgeGpu(measurements)).toEqual([
    { target: 'workloads on the GPU with the bits of WASM', wanted: 'at least 100 %', measured: '50.0 %', verdict: 'missed' },
    { target: 'W1-last × 2048: starling against pytorch', wanted: 'at least 1 ×', measured: '2.00 ×', verdict: 'met' },
  ]);
});
