// The numbers that a tab shows of itself.

import { describe, expect, test } from 'vitest';
import { RestartingCount } from '../../browser-worker/computing/restarting-count.js';
import { Throughput } from '../../browser-worker/computing/throughput.js';

describe('Throughput', () => {
  test('counts the last seconds alone, and all for the total', () => {
    const throughput = new Throughput();
    expect(throughput.rate(0)).toBe(0);
    for (let second = 0; second <= 10; second += 1) throughput.add(100, second * 1000);
    expect(throughput.total).toBe(1100);
    // Five entries of the last five seconds, over the four seconds since the first of them.
    expect(throughput.rate(10_000)).toBe(125);
    expect(throughput.rate(20_000)).toBe(0);
    throughput.add(100, 21_000);
    expect(throughput.rate(21_000)).toBe(100);
  });
});

describe('RestartingCount', () => {
  test('goes on when the count that it is told begins anew', () => {
    const count = new RestartingCount();
    for (const told of [3, undefined, 7, 0, 2, undefined]) count.note(told);
    expect(count.total).toBe(9);
  });
});
