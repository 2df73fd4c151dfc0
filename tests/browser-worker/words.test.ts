// Every state of a tab in words.

import { describe, expect, test } from 'vitest';
import type { Activity } from '../../browser-worker/news.js';
import { describeDevice, describeState, type StateFacts } from '../../browser-worker/page/words.js';
import { Throughput } from '../../browser-worker/computing/throughput.js';

const titleAndDetail = (activity: Activity, facts: Partial<StateFacts> = {}): readonly [string, string] => {
  const { title, detail } = describeState({ activity, hold: undefined, isCoordinatorHere: true, now: 1000, ...facts });
  return [title, detail];
};

describe('describeState()', () => {
  test('says how long it is until the next attempt', () => {
    const waiting = { type: 'waiting', retryAt: 3500 } as const;
    expect(titleAndDetail(waiting)[1]).toContain('Trying again in 3 s.');
    expect(titleAndDetail(waiting, { now: 9000 })[1]).toContain('Trying again now.');
  });

  test('says why it rests', () => {
    const details = (['asked', 'battery', 'hidden'] as const).map((hold) => titleAndDetail({ type: 'paused' }, { hold })[1]);
    expect(details).toEqual([
      expect.stringContaining('given to others'),
      expect.stringContaining('battery'),
      expect.stringContaining('background'),
    ]);
  });

  test('says why it cannot help, in the words of the error where there are no better ones', () => {
    expect(titleAndDetail({ type: 'refused', code: 'unauthorized', message: 'x' })[1]).toContain('invitation');
    expect(titleAndDetail({ type: 'refused', code: 'other', message: 'Cannot join: x' })[1]).toBe('Cannot join: x');
  });

  test('says how the run ended', () => {
    for (const reason of ['completed', 'diverged', 'stopped'] as const) {
      expect(titleAndDetail({ type: 'over', reason })).toEqual(['The run is over', expect.stringContaining('Thank you')]);
    }
  });
});

describe('describeDevice()', () => {
  test('gives one reason: what is not built, then the address, then the browser', () => {
    expect(describeDevice({ hasWebGpu: true, isSecure: true })).toContain('Starling cannot use it yet');
    expect(describeDevice({ hasWebGpu: false, isSecure: false })).toContain('secure addresses');
    expect(describeDevice({ hasWebGpu: false, isSecure: true })).toBe('this browser has no WebGPU');
  });
});

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
