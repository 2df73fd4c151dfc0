// The page's picture of the run, from messages that overlap and come twice.

import { expect, test } from 'vitest';
import { addressOf, tokenOf } from '../../live-page/page/listening.js';
import { RunView } from '../../live-page/page/run-view.js';
import { liveLimits, liveVersion, ThinnedSamples, type LiveDecays, type LiveSnapshot } from '../../protocol/index.js';

const snapshot: LiveSnapshot = {
  ...{ type: 'snapshot', version: liveVersion, time: '2026-01-01T00:00:00Z', tree: null, traffic: null },
  run: {
    ...{ run: 'r-1', name: 'r', task: 'in-context-regression', model: 'gated-rnn', seed: 0, software: 'test' },
    ...{ stepCount: 10, microbatchSize: 8, microbatchCount: 2, firstStep: 0, volunteers: null },
  },
  progress: {
    ...{ step: 1, trainLoss: 0.5, learningRate: 0.1, sequencesPerSecond: 1, secondsLeft: 9, stepMilliseconds: 1000 },
    ...{ parametersSha256: '0'.repeat(64), outcome: null },
  },
  loss: { width: 1, buckets: [[1, 1, 0.5, 0.5, 0.5, 0.5]] },
  learningRate: { width: 1, buckets: [] },
  throughput: { width: 1, buckets: [] },
  ...{ evaluations: [], decays: [] },
  workers: { connectedCount: 0, listed: [], unlistedCount: 0 },
  events: [{ number: 1, time: '', level: 'information', text: 'one' }],
};

test('RunView adds what is new once, however often it is told', () => {
  const view = new RunView();
  view.show(snapshot);
  const update = {
    type: 'update',
    loss: { width: 1, buckets: [[1, 1, 0.5, 0.5, 0.5, 0.5] as const, [2, 1, 0.4, 0.4, 0.4, 0.4] as const] },
    events: [...snapshot.events, { number: 2, time: '', level: 'warning', text: 'two' }],
  } as const;
  view.update(update);
  view.update(update);
  expect(view.curves.value.loss.all.buckets.map(([index]) => index)).toEqual([1, 2]);
  expect(view.events.value.map(({ text }) => text)).toEqual(['one', 'two']);
  expect(view.progress.value).toEqual(snapshot.progress);
});

test('RunView begins anew with a snapshot', () => {
  const view = new RunView();
  view.show(snapshot);
  view.show({ ...snapshot, events: [], loss: { width: 2, buckets: [] } });
  expect(view.events.value).toEqual([]);
  expect(view.curves.value.loss.all.buckets).toEqual([]);
});

test('RunView keeps samples evenly spread when it begins in the middle of a run', () => {
  const samples = new ThinnedSamples<LiveDecays>(liveLimits.decays);
  const view = new RunView();
  for (let step = 0; step < 20_000; step += 3) samples.offer({ step, counts: [1] });
  view.show({ ...snapshot, decays: samples.all });
  for (let step = 20_001; step < 24_000; step += 3) view.update({ type: 'update', decays: [{ step, counts: [1] }] });
  const steps = view.decays.value.map(({ step }) => step);
  const gaps = steps.slice(1, -1).map((step, index) => step - (steps[index] ?? 0));
  expect(steps.length).toBeLessThanOrEqual(liveLimits.decays);
  expect(Math.max(...gaps) / Math.min(...gaps)).toBeLessThan(4);
});

test('addressOf() is beside the page, encrypted where the page is', () => {
  expect(addressOf('http://127.0.0.1:7117/')).toBe('ws://127.0.0.1:7117/live');
  expect(addressOf('https://lab.example/starling/?x=1#y')).toBe('wss://lab.example/starling/live');
});

test('tokenOf() reads the fragment', () => {
  expect(['', '#', '#token=a%2Bb', '#other=1'].map(tokenOf)).toEqual([null, null, 'a+b', null]);
});
