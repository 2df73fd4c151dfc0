import { expect, test } from 'vitest';
import { chainCounts, compilePeakLoop } from '../../benchmarks/peak-loop.js';

test.each(chainCounts)('compilePeakLoop() computes every one of %d chains', (chainCount) => {
  const { run, flopsPerIteration } = compilePeakLoop('strict', chainCount);
  // m ← m/2 + 1/2 ends at 1, and the result is the sum of the chains.
  expect(run(10)).toBe(chainCount);
  expect(flopsPerIteration).toBe(2 * 4 * 16 * chainCount);
});
