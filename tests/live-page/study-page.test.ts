// The parts of a study's page that have no page: where runs stand, which axes they share, what is said, and what is kept of messages.

import { describe, expect, test } from 'vitest';
import { StudyState } from '../../coordinator/shell/study-state.js';
import type { StudyRunState, StudyStatus } from '../../coordinator/shell/study-pages.js';
import type { RunRecord } from '../../coordinator/index.js';
import { cellSizeFor, columnsFor, fullTitleOf, groupsOf, hasWords, titleOf } from '../../live-page/study-page/arrangement.js';
import { roundDown, roundUp, sharedAxes } from '../../live-page/study-page/shared-axes.js';
import { StudyView } from '../../live-page/study-page/study-view.js';
import { countStates, describeStudy, shownState, type ShownState } from '../../live-page/study-page/words.js';
import { DecimatedCurve, studyCurveLimit, type StudyHead } from '../../protocol/index.js';

const head: StudyHead = {
  ...{ name: 'sizes', software: 'test 0' },
  axes: [
    { path: 'model', label: 'model', values: ['gated-rnn', 'lstm'] },
    { path: 'task.noise', label: 'noise', values: ['0'] },
    { path: 'seed', label: 'seed', values: ['0', '1', '2'] },
  ],
  runs: [0, 1].flatMap((model) =>
    [0, 1, 2].map((seed) => ({ name: `sizes/m-${model}_s-${seed}`, at: [model, 0, seed], stepCount: 100 })),
  ),
};

describe('groupsOf()', () => {
  test('keeps the last list that varies together, and names groups by the others that do', () => {
    expect(groupsOf(head)).toEqual([
      { title: 'model gated-rnn', runs: [0, 1, 2] },
      { title: 'model lstm', runs: [3, 4, 5] },
    ]);
    expect([titleOf(head, 4), fullTitleOf(head, 4)]).toEqual(['seed 1', 'model lstm, seed 1']);
  });

  test('is one group when at most one list varies', () => {
    const runs = [{ name: 'one', at: [], stepCount: 1 }];
    const single = { ...head, name: 'one', axes: [], runs };
    expect(groupsOf(single)).toEqual([{ title: '', runs: [0] }]);
    expect([titleOf(single, 0), fullTitleOf(single, 0)]).toEqual(['one', 'one']);
  });
});

test('columnsFor() puts small groups side by side and fills the rows of large ones evenly', () => {
  const groupsOfSize = (count: number, size: number) =>
    Array.from({ length: count }, () => ({ title: 'x', runs: Array.from({ length: size }, (_, index) => index) }));
  const at = (widthPixels: number, cell = cellSizeFor(24)) => ({ widthPixels, gapPixels: 10, cell });
  expect(columnsFor(groupsOfSize(8, 3), at(1200))).toEqual({ groups: 2, runs: 3 });
  expect(columnsFor(groupsOfSize(1, 3), at(1200))).toEqual({ groups: 1, runs: 3 });
  expect(columnsFor(groupsOfSize(3, 8), at(1200))).toEqual({ groups: 1, runs: 4 });
  expect(columnsFor(groupsOfSize(8, 3), at(308))).toEqual({ groups: 1, runs: 2 });
  expect(columnsFor(groupsOfSize(2, 2), at(308, cellSizeFor(4)))).toEqual({ groups: 1, runs: 1 });
});

test('hasWords() wants every word, in whatever case and place', () => {
  expect(['lstm seed 1', 'SEED', '  ', ''].map((words) => hasWords('model LSTM, seed 1', words))).toEqual(Array(4).fill(true));
  expect(hasWords('model LSTM, seed 1', 'gru')).toBe(false);
});

describe('sharedAxes()', () => {
  const run = (
    losses: readonly number[],
    { optimum = null, stepCount = 10 }: { optimum?: number | null; stepCount?: number } = {},
  ) => {
    const curve = new DecimatedCurve(64);
    for (const [index, loss] of losses.entries()) curve.add(index + 1, loss);
    return { head: { stepCount }, standing: { peek: () => ({ optimum }) }, tests: { peek: () => [] }, curve };
  };

  test('has round ends around all curves and theories', () => {
    expect(sharedAxes([run([0.7, 0.3]), run([0.6], { optimum: 0.08, stepCount: 40 })])).toEqual({
      ...{ stepCount: 40, minimum: 0.05, maximum: 1 },
    });
    expect([0.3, 1, 0.05, 7e-5].map(roundDown)).toEqual([0.2, 1, 0.05, 5e-5]);
    expect([0.3, 1, 0.05, 7e-5].map(roundUp)).toEqual([0.5, 1, 0.05, 1e-4]);
  });

  test('gives a run that diverges no room, nor a theory of zero', () => {
    expect(sharedAxes([run([0.5, 0.4]), run([0.5, 3, 1e20], { optimum: 0 })])).toMatchObject({ minimum: 0.2, maximum: 2 });
  });

  test('are there before anything is known', () => {
    expect(sharedAxes([])).toEqual({ stepCount: 1, minimum: 0.1, maximum: 1 });
    expect(sharedAxes([run([0.5])])).toMatchObject({ minimum: 0.5, maximum: 5 });
  });
});

describe('describeStudy()', () => {
  const say = (
    type: 'live' | 'gone' | 'saved',
    states: readonly ShownState[],
    { isOver = false, workerCount = 1 }: { isOver?: boolean; workerCount?: number } = {},
  ) => {
    const hearing = {
      live: { type: 'live' },
      gone: { type: 'gone', since: 0 },
      saved: { type: 'saved', time: '2026-01-02T03:04:05Z' },
    };
    const counts = countStates(states);
    return describeStudy(hearing[type] as Parameters<typeof describeStudy>[0], {
      ...{ isKnown: true, isOver, counts, workerCount, now: 61_000 },
    });
  };

  test('says what goes on, and who is wanted', () => {
    expect(say('live', ['running', 'waiting'])).toMatchObject({ title: 'Running', tone: 'good' });
    expect(say('live', ['waiting'], { workerCount: 0 }).title).toBe('Waiting for workers');
    expect(say('gone', ['running']).title).toBe('The coordinator is gone');
    expect(say('gone', ['running']).detail).toMatch(/^All numbers stand still since \d\d:\d\d:\d\d, 1 min 01 s ago\./);
  });

  test('says how it ended, whether or not its coordinator is still there', () => {
    expect(say('gone', ['completed', 'completed'], { isOver: true })).toMatchObject({
      ...{ title: 'Completed', detail: 'All runs are done. This page is saved in its folder as study.html.' },
    });
    expect(say('live', ['completed', 'diverged'], { isOver: true }).detail).toBe(
      'All runs are done. 1 diverged: that is a result too.',
    );
    expect(say('saved', ['completed', 'stopped', 'waiting'], { isOver: true })).toMatchObject({
      title: 'Stopped',
      detail: expect.stringMatching(/^1 of 3 runs are done\. .* Saved 2026-01-02 at 03:04:05 UTC/) as string,
    });
    expect(say('live', ['failed', 'completed'], { isOver: true })).toMatchObject({ title: 'Failed', tone: 'bad' });
  });

  test('calls a run that is open and has nobody waiting', () => {
    expect(shownState({ state: 'running', workerCount: 0 })).toBe('waiting');
    expect(shownState({ state: 'running', workerCount: 2 })).toBe('running');
    expect(shownState({ state: 'stopped', workerCount: 0 })).toBe('stopped');
  });
});

test('studyCurveLimit() gives many runs together no more than a few runs have', () => {
  expect([1, 256, 1000, 10_000].map(studyCurveLimit)).toEqual([128, 128, 32, 16]);
});

describe('StudyState and StudyView', () => {
  /** A study whose runs are moved by hand. */
  function studyOf() {
    const runs = head.runs.map(({ name, stepCount }): StudyRunState => {
      const losses = { trainLoss: null, testLoss: null, optimum: null };
      return { name, state: 'waiting', step: 0, stepCount, workers: 0, ...losses };
    });
    const status = (): StudyStatus => ({ study: 'sizes', software: 'test 0', runs, workerCount: 1, secondsLeft: 12.4 });
    const workers = () => ({ connectedCount: 1, listed: [] });
    const state = new StudyState({
      head,
      status,
      workers,
      volunteers: () => ({ address: 'http://127.0.0.1:1/volunteer/', isLocal: true }),
    });
    const move = (index: number, change: Partial<StudyRunState>): void => {
      const run = runs[index];
      if (run !== undefined) runs[index] = { ...run, ...change };
    };
    const step = (index: number, at: number, loss: number): void => {
      const record = { type: 'metrics', metrics: { step: at, loss, learningRate: 0, values: {} } } as RunRecord;
      state.noteRecord(head.runs[index]?.name ?? '', record);
      move(index, { state: 'running', step: at, trainLoss: loss, workers: 1 });
    };
    return { state, step, move, runs };
  }

  test('agree on every curve, whenever a page has come', () => {
    const { state, step, move } = studyOf();
    const [early, late] = [new StudyView(), new StudyView()];
    early.show(state.snapshot('now'));
    for (let at = 1; at <= 1000; at += 1) {
      // Means of a few of them have few digits: nothing is rounded on the way.
      step(1, at, at % 4 === 0 ? 0.5 : 0.25);
      if (at % 3 === 0) step(4, at, 2);
      const update = at % 7 === 0 ? state.tick() : undefined;
      if (update !== undefined) {
        early.update(update);
        if (at > 500) late.update(update);
      }
      // What was told before comes again, and changes nothing.
      if (at === 500) late.show(state.snapshot('now'));
    }
    state.noteTest('sizes/m-0_s-1', 1000, 0.25);
    move(1, { state: 'completed', workers: 0, optimum: 0.2 });
    const last = state.tick(true);
    for (const view of [early, late]) {
      view.update(last ?? { type: 'update' });
      const run = view.runs.value[1];
      expect(run?.curve.all).toEqual(state.curveOf('sizes/m-0_s-1'));
      expect(view.runs.value[4]?.curve.all).toEqual(state.curveOf('sizes/m-1_s-1'));
      expect(run?.curve.all.buckets.length).toBeLessThanOrEqual(studyCurveLimit(6));
      expect(run?.standing.value).toMatchObject({ state: 'completed', step: 1000, optimum: 0.2 });
      expect(run?.tests.value).toEqual([{ step: 1000, loss: 0.25 }]);
      expect(view.progress.value).toEqual({ secondsLeft: null, isOver: true });
      expect(view.axes.value).toEqual({ stepCount: 100, minimum: 0.2, maximum: 2 });
    }
  });

  test('tell of a run only when something of it is new', () => {
    const { state, step } = studyOf();
    expect(state.tick()?.runs).toHaveLength(6);
    expect(state.tick()).toBeUndefined();
    step(2, 1, 0.5);
    expect(state.tick()?.runs).toMatchObject([{ index: 2, step: 1, curve: { width: 1, buckets: [[1, 1, 0.5, 0.5, 0.5, 0.5]] } }]);
    expect(state.tick()).toBeUndefined();
  });

  test('keep the objects of runs that are the same after the coordinator was away, and their last standing', () => {
    const { state, step, runs } = studyOf();
    const view = new StudyView();
    view.show(state.snapshot('then'));
    const before = view.runs.value;
    step(0, 3, 0.5);
    view.show(state.snapshot('now'));
    expect(view.runs.value).toBe(before);
    expect(before[0]?.standing.value.step).toBe(3);
    // A run that is being closed is missing for a moment.
    runs.splice(0, 1);
    expect(state.snapshot('later').runs[0]).toMatchObject({ index: 0, state: 'running', step: 3 });
    view.show({ ...state.snapshot('later'), study: { ...head, name: 'other' } });
    expect(view.runs.value).not.toBe(before);
  });
});
