// Numbers and states in words.

import { describe, expect, test } from 'vitest';
import {
  describeOptimum,
  describeStages,
  describeState,
  formatBytes,
  formatDifference,
  formatElapsed,
  formatLag,
  formatLoss,
  formatMilliseconds,
  formatQuiet,
  type Hearing,
} from '../../live-page/page/words.js';
import type { LiveProgress } from '../../protocol/index.js';

const progress: LiveProgress = {
  ...{ step: 5, trainLoss: 0.5, learningRate: 1e-3, sequencesPerSecond: 100, secondsLeft: 3, stepMilliseconds: 5 },
  ...{ parametersSha256: 'a'.repeat(64), outcome: null },
};
const words = (hearing: Hearing, outcome: LiveProgress['outcome'] = null, workerCount = 1) =>
  describeState(hearing, { progress: { ...progress, outcome }, workerCount, now: Date.parse('2026-01-01T00:00:40Z') });

test('numbers are as short as they are exact', () => {
  expect([null, 0.1234567, 0.00012, 0].map(formatLoss)).toEqual(['–', '0.12346', '1.200e-4', '0.0000']);
  expect([512, 56_000, 1_234_567].map(formatBytes)).toEqual(['512 B', '56.0 KB', '1.23 MB']);
  expect([0, 45, 90, 7505].map(formatElapsed)).toEqual(['0 s', '45 s', '1:30', '2:05:05']);
  expect([4.23, 850, 12_000].map(formatMilliseconds)).toEqual(['4.2 ms', '850 ms', '12 s']);
  expect([null, 20, 1500, 65_000].map(formatLag)).toEqual(['–', '< 0.1 s', '1.5 s', '65 s']);
  expect([null, 20, 65_000].map(formatQuiet)).toEqual(['–', 'now', '1 min 05 s ago']);
  expect(formatDifference(-0.000123, 4.2e-5)).toBe('−1.23e-4 ± 4.2e-5');
});

describe('describeState()', () => {
  test('says since when the numbers stand still', () => {
    const { title, detail, tone } = words({ type: 'gone', since: Date.parse('2026-01-01T00:00:00Z') });
    expect([title, tone]).toEqual(['The coordinator is gone', 'bad']);
    expect(detail).toMatch(/stand still since \d\d:\d\d:\d\d, 40 s ago\. This page connects again by itself\./);
  });

  test('does not call a coordinator gone whose run has ended', () => {
    expect(words({ type: 'gone', since: 0 }, 'completed')).toMatchObject({
      title: 'Completed',
      detail: expect.stringContaining('report.html') as string,
    });
    expect(words({ type: 'live' }, 'diverged').title).toBe('Diverged');
    expect(words({ type: 'live' }, 'stopped').detail).toContain('starling resume');
  });

  test('does not speak of numbers when there were never any', () => {
    const nothing = { progress: undefined, workerCount: 0, now: 0 };
    expect(describeState({ type: 'gone', since: 0 }, nothing).title).toBe('No answer');
  });

  test('says what it waits for', () => {
    expect(words({ type: 'live' }, null, 0).title).toBe('Waiting for workers');
    expect(words({ type: 'live' }).title).toBe('Running');
    expect(words({ type: 'unauthorized', hasToken: true }).detail).toContain('does not know this token');
    expect(words({ type: 'unauthorized', hasToken: false }).detail).toContain('only to those who know');
    expect(words({ type: 'outdated' }).detail).toContain('Load it again');
  });

  test('says when a report was saved', () => {
    const saved = { type: 'saved', time: '2026-11-24T23:10:09.123Z' } as const;
    expect(words(saved, 'completed')).toMatchObject({
      title: 'Completed',
      detail: 'All steps are done. Saved 2026-11-24 at 23:10:09 UTC; nothing here moves any more.',
    });
  });
});

test('describeStages() says nothing of a run without a curriculum', () => {
  expect(describeStages()).toBe('');
  expect(describeStages([0, 50, 90])).toBe(', in 3 stages with tasks of their own');
});

test('describeOptimum() says that it is theory, whatever the task', () => {
  for (const task of ['in-context-regression', 'attention-teacher', 'another'])
    expect(describeOptimum(task)).toMatch(/^theory: /);
});
