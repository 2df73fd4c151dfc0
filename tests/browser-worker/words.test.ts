// Every state of a tab in words.

import { describe, expect, test } from 'vitest';
import type { Activity } from '../../browser-worker/news.js';
import { describeDevice, describeState, type StateFacts } from '../../browser-worker/page/words.js';

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
    expect(describeDevice({ hasWebGpu: false, isSecure: true })).toBe('This browser has no WebGPU.');
  });
});
