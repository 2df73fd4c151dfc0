// Every state of a tab in words.

import { describe, expect, test } from 'vitest';
import type { Activity } from '../../browser-worker/news.js';
import { contactAddress, describeDevice, describeState, formatCount, type StateFacts } from '../../browser-worker/page/words.js';

const titleAndDetail = (activity: Activity, facts: Partial<StateFacts> = {}): readonly [string, string] => {
  const { title, detail } = describeState({
    activity,
    hold: undefined,
    isCoordinatorHere: true,
    ...{ isUninvited: false, isStudy: false, isIdle: false },
    now: 1000,
    ...facts,
  });
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

  test('says what to do without an invitation, before and after it was asked to start', () => {
    const early = titleAndDetail({ type: 'idle' }, { isUninvited: true, isCoordinatorHere: false });
    expect(early).toEqual(['Invitation needed', expect.stringContaining('Ask its operator for a link')]);
    expect(titleAndDetail({ type: 'refused', code: 'unauthorized', message: 'x' })[1]).toBe(early[1]);
  });

  test('says what it works for, and that it waits for work', () => {
    const details = [{}, { isStudy: true }, { isIdle: true }].map((facts) => titleAndDetail({ type: 'working' }, facts)[1]);
    expect(details).toEqual([
      expect.stringContaining('computes for the run,'),
      expect.stringContaining('computes for the runs of the study,'),
      expect.stringContaining('is ready, and computes'),
    ]);
  });

  test('says how the study ended', () => {
    expect(titleAndDetail({ type: 'over', reason: 'completed' }, { isStudy: true })).toEqual([
      'The study is over',
      expect.stringMatching(/^All its runs are done.*Thank you/),
    ]);
  });

  test('says how the run ended', () => {
    for (const reason of ['completed', 'diverged', 'stopped'] as const) {
      expect(titleAndDetail({ type: 'over', reason })).toEqual(['The run is over', expect.stringContaining('Thank you')]);
    }
  });
});

describe('describeDevice()', () => {
  const gpu = { type: 'gpu', name: 'nvidia ampere', isSoftware: false, lossCount: 0 } as const;

  test('names the graphics card, and tells its losses', () => {
    expect(describeDevice(gpu)).toBe('Graphics card (nvidia ampere), with WebGPU.');
    expect(describeDevice({ ...gpu, lossCount: 1 })).toContain('It was lost once, and opened again.');
    expect(describeDevice({ ...gpu, lossCount: 3, isSoftware: true })).toMatch(/^Simulated graphics card .* lost 3 times/);
  });

  test('gives every reason for the processor in words of its own', () => {
    const reasons = [
      ...(['chosen', 'no-webgpu', 'insecure-origin', 'no-adapter'] as const),
      ...(['software-gpu', 'gpu-differs', 'gpu-too-small', 'gpu-failed'] as const),
    ];
    const texts = reasons.map((reason) => describeDevice({ type: 'processor', reason, gpuName: 'amd' }));
    expect(new Set(texts).size).toBe(reasons.length);
    for (const text of texts) expect(text).toMatch(/^Processor, with WASM\. [A-Z].*\.$/);
  });
});

describe('contactAddress()', () => {
  test.each([
    ['lab@example.org', 'mailto:lab@example.org'],
    ['https://example.org/run', 'https://example.org/run'],
    ['javascript:alert(1)', undefined],
    ['javascript:alert(1)//a@b.c', undefined],
    ['room 3, second floor', undefined],
    ['https:///', undefined],
  ])('of %s is %s', (contact, address) => {
    expect(contactAddress(contact)).toBe(address);
  });
});

test('formatCount() keeps large counts short', () => {
  expect([0, 12.6, 999_999, 1_234_567, 56_700_000, 3.2e9].map(formatCount)).toEqual([
    ...['0', '13', '999,999', '1.23 M', '56.7 M', '3.20 bn'],
  ]);
});
