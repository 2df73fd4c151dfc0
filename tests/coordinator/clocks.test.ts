// Clocks that misbehave: the wall clock may say what it likes, and the steady one may leap over hours.

import { afterEach, expect, test, vi } from 'vitest';
import { continueRun, crashedRun, expectUndisturbed } from './interrupted-run.js';
import { linesOf, type logs } from './run-files.js';
import { smallConfig } from './small-run.js';
import { answerTo, jobOf, ToyRun, toySum } from './toy-run.js';

afterEach(() => {
  vi.useRealTimers();
});

const day = 24 * 3600 * 1000;
const noon = Date.UTC(2026, 5, 2, 12);
/** The lines of a log without their times. */
const timeless = (folder: string, log: (typeof logs)[number]): readonly unknown[] =>
  linesOf(folder, log).map((line) => ({ ...line, time: undefined }));

test('a run is the same when the wall clock is set back by a day, and when it leaps to and fro', async () => {
  const config = smallConfig({ steps: 12, keepCheckpoints: 3 });
  const undisturbed = await crashedRun({ config });
  expectUndisturbed(undisturbed, (await continueRun(undisturbed)).result);

  vi.useFakeTimers({ toFake: ['Date'], now: noon });
  const options = await crashedRun({ config });
  vi.setSystemTime(noon - day);
  let leaps = 0;
  const onEvaluation = (): void => void vi.setSystemTime(noon + (leaps++ % 2 === 0 ? -day : day));
  const { result, warnings } = await continueRun({ ...options, onEvaluation });

  expectUndisturbed(options, result);
  expect(warnings).toEqual([]);
  expect(leaps).toBeGreaterThan(1);
  for (const log of ['trajectory.jsonl', 'metrics.jsonl'] as const) {
    expect(timeless(options.folder, log)).toEqual(timeless(undisturbed.folder, log));
  }
  // The clock did go back: only these fields show it.
  const times = linesOf(options.folder, 'metrics.jsonl').map(({ time }) => Date.parse(String(time)));
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThanOrEqual(day);
  expect(times).not.toEqual(times.toSorted((a, b) => a - b));
});

test('a job ends with the same sum when the steady clock leaps over hours, and late results are dropped', () => {
  const toy = new ToyRun();
  const workOn = (connection: number): void => {
    for (let second = 0; toy.results.length < toy.core.statistics.length && second < 60; second++) {
      toy.now += 1000;
      toy.do({ type: 'tick' });
      while ((toy.leases.get(connection) ?? []).length > 0) toy.answer(connection);
    }
  };
  // The whole machine slept: the lease is given up when it wakes, its late answer is dropped, and the work is asked for again.
  toy.join(1);
  toy.do({ type: 'jobRequested', job: jobOf(8) });
  const late = answerTo(toy.next(1));
  toy.now += 5 * 3600 * 1000;
  toy.do({ type: 'tick' });
  toy.say(1, late.message, late.payload);
  workOn(1);
  expect(toy.results.map(({ outputs }) => outputs)).toEqual([toySum({ begin: 0, end: 8 }, 0)]);

  // The worker alone slept: another one has done its work before it wakes.
  toy.do({ type: 'jobRequested', job: jobOf(8, 1) });
  const later = answerTo(toy.next(1));
  toy.join(2);
  toy.now += 5 * 3600 * 1000;
  workOn(2);
  toy.say(1, later.message, later.payload);
  expect(toy.results.map(({ outputs }) => outputs)).toEqual([0, 1].map((step) => toySum({ begin: 0, end: 8 }, step)));
  expect(toy.core.statistics.find(({ name }) => name === 'worker-1')).toMatchObject({ droppedContributions: 2 });
});
