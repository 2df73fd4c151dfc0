// Who gets what, when, and what happens to those that do not answer.

import { expect, test } from 'vitest';
import { helloFrom, jobOf, nonFiniteAnswerTo, ToyRun, toySum } from './toy-run.js';

function runWith(workerCount: number, threadCounts: readonly number[] = []): ToyRun {
  const run = new ToyRun();
  for (let index = 1; index <= workerCount; index++) run.join(index, { threadCount: threadCounts[index - 1] ?? 1 });
  return run;
}

/** Finishes jobs in which each worker needs so long for a microbatch, so that the core knows it. */
function teachPaces(run: ToyRun, paces: ReadonlyMap<number, number>, jobCount = 6): void {
  for (let step = 0; step < jobCount; step++) {
    run.do({ type: 'jobRequested', job: jobOf(64, step) });
    const free = new Map([...paces.keys()].map((connection) => [connection, run.now]));
    while (run.results.length <= step) {
      const next = [...paces]
        .flatMap(([connection, pace]) => {
          const lease = run.leases.get(connection)?.[0];
          return lease === undefined ? [] : [{ connection, at: (free.get(connection) ?? 0) + pace * (lease.end - lease.begin) }];
        })
        .toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined) throw new Error('Cannot teach: nobody has work');
      run.now = Math.max(run.now, next.at);
      free.set(next.connection, run.now);
      run.answer(next.connection);
    }
  }
}

const tick = (run: ToyRun, milliseconds: number): void => {
  run.now += milliseconds;
  run.do({ type: 'tick' });
};

test('a lone worker gets the root when nothing is known of it', () => {
  const run = runWith(1);
  run.do({ type: 'jobRequested', job: jobOf(13) });
  expect(run.held(1)).toBe('[0,13)');
});

test('equal workers get equal nodes at once when a job begins', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  expect([run.held(1), run.held(2)]).toEqual(['[0,4)', '[4,8)']);
  const four = runWith(4);
  four.do({ type: 'jobRequested', job: jobOf(8) });
  expect([1, 2, 3, 4].map((connection) => four.held(connection))).toEqual(['[0,2)', '[2,4)', '[4,6)', '[6,8)']);
});

test('nobody waits when three workers share eight microbatches', () => {
  const run = runWith(3);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  expect([1, 2, 3].map((connection) => run.held(connection))).toEqual(['[0,2) [6,7)', '[2,4) [7,8)', '[4,6)']);
});

test('a worker with more threads gets more when nothing has been measured', () => {
  const run = runWith(2, [1, 3]);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  expect([run.held(1), run.held(2)]).toEqual(['[4,6)', '[0,4) [6,7)']);
  // The last one waits for the faster worker.
  run.answer(2);
  expect(run.held(2)).toBe('[6,7) [7,8)');
});

test('a faster worker gets more when its pace is known', () => {
  const run = runWith(2);
  teachPaces(run, new Map([[1, 0.1], [2, 0.3]])); // prettier-ignore
  run.do({ type: 'jobRequested', job: jobOf(64, 100) });
  const first = run.next(1);
  const second = run.next(2);
  expect((first.end - first.begin) / (second.end - second.begin)).toBeGreaterThanOrEqual(2);
});

test('a worker that was slow but once is measured again and gets its share', () => {
  const run = runWith(2);
  // It is cold at its first lease: others do its part, and what is known of it is that it is slow.
  teachPaces(run, new Map([[1, 0.1], [2, 100]]), 1); // prettier-ignore
  for (const connection of [1, 2]) run.leases.set(connection, []);
  run.now += 20_000;
  run.do({ type: 'jobRequested', job: jobOf(8, 1) });
  expect(run.held(2)).toBe('[0,1)');
  run.now += 0.1;
  run.answer(2);
  expect(run.held(2)).toBe('[1,2)');
  while (run.results.length < 2) {
    run.now += 0.1;
    run.answer(run.held(2) === '' ? 1 : 2);
  }
  const shares = run.results[1]?.contributions.filter(({ workerId }) => workerId === helloFrom('worker-2').workerId);
  expect(shares?.length).toBeGreaterThanOrEqual(2);
});

test('leases take about the target duration and one waits at hand when a job is long', () => {
  const run = runWith(1);
  teachPaces(run, new Map([[1, 10]]));
  run.do({ type: 'jobRequested', job: jobOf(1000, 100) });
  // 50 ms at 10 ms each: the nearest sizes of the tree are 4 and 8.
  expect(run.held(1)).toBe('[0,4) [4,8)');
  run.answer(1);
  expect(run.held(1)).toBe('[4,8) [8,12)');
});

test('a worker that joins in the middle of a job gets work at once', () => {
  const run = runWith(1);
  teachPaces(run, new Map([[1, 10]]));
  run.do({ type: 'jobRequested', job: jobOf(64, 100) });
  run.join(2);
  expect(run.held(2)).not.toBe('');
});

test('a lease is issued again at once when its worker leaves or gives it back', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  run.leave(1);
  expect(run.held(2)).toBe('[4,8) [0,4)');
  const [lease] = run.leases.get(2) ?? [];
  run.join(3);
  run.say(2, { type: 'release', leaseIds: [lease?.leaseId ?? 0], reason: 'drain' });
  expect(run.held(3)).toContain('[4,8)');
  expect(run.core.snapshot(run.now).reissuedLeases).toBe(2);
});

test('a draining worker gets no more work but its results count', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  run.say(1, { type: 'release', leaseIds: [99], reason: 'drain' });
  run.answer(1);
  run.answer(2);
  expect(run.results).toHaveLength(1);
  run.do({ type: 'jobRequested', job: jobOf(8, 1) });
  expect([run.held(1), run.held(2)]).toEqual(['', '[0,8)']);
});

test('a straggler is backed before its deadline and cancelled when the backup is first', () => {
  const run = runWith(2);
  teachPaces(run, new Map([[1, 1], [2, 1]])); // prettier-ignore
  run.do({ type: 'jobRequested', job: jobOf(8, 100) });
  run.now += 4;
  run.answer(1);
  expect(run.held(1)).toBe('');
  tick(run, 4);
  expect(run.held(1)).toBe('');
  tick(run, 8);
  expect(run.held(1)).toBe('[4,8)');
  const [late] = run.leases.get(2) ?? [];
  run.now += 4;
  run.answer(1);
  expect(run.results.at(-1)?.step).toBe(100);
  expect(run.cancelled.has(late?.leaseId ?? -1)).toBe(true);
  expect(run.core.snapshot(run.now).reissuedLeases).toBe(0);
});

test('the straggler itself wins when it is first, and the backup is cancelled', () => {
  const run = runWith(2);
  teachPaces(run, new Map([[1, 1], [2, 1]])); // prettier-ignore
  run.do({ type: 'jobRequested', job: jobOf(8, 100) });
  run.now += 4;
  run.answer(1);
  tick(run, 12);
  const [backup] = run.leases.get(1) ?? [];
  run.answer(2);
  expect(run.results.at(-1)?.step).toBe(100);
  expect(run.cancelled.has(backup?.leaseId ?? -1)).toBe(true);
});

test('a stopped worker loses its lease, is left alone, and its late result is dropped', () => {
  const run = runWith(2);
  teachPaces(run, new Map([[1, 1], [2, 1]])); // prettier-ignore
  run.do({ type: 'jobRequested', job: jobOf(8, 100) });
  const stopped = run.next(2);
  run.now += 4;
  run.answer(1);
  tick(run, 12);
  run.now += 4;
  run.answer(1);
  expect(run.results.at(-1)?.outputs).toEqual(toySum({ begin: 0, end: 8 }, 100));
  run.do({ type: 'jobRequested', job: jobOf(8, 101) });
  expect([run.held(1), run.held(2)]).toEqual(['[0,8)', '']);
  const dropped = run.core.snapshot(run.now).droppedContributions;
  run.leases.set(2, [stopped]);
  run.answer(2);
  expect(run.core.snapshot(run.now).droppedContributions).toBe(dropped + 1);
  // It was heard: in the next job it takes part again.
  run.answer(1);
  run.do({ type: 'jobRequested', job: jobOf(8, 102) });
  expect(run.held(2)).not.toBe('');
});

test('a lone worker whose deadline has passed may still answer', () => {
  const run = runWith(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  tick(run, 31_000);
  expect(run.core.snapshot(run.now).reissuedLeases).toBe(1);
  expect(run.held(1)).toBe('[0,4)');
  run.answer(1);
  expect(run.results).toHaveLength(1);
});

test('a lone worker is asked anew when it has lost its lease for good', () => {
  const run = runWith(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  run.next(1);
  for (let second = 0; second < 300; second++) tick(run, 1000);
  expect(run.held(1)).toBe('[0,4)');
  run.answer(1);
  expect(run.results).toHaveLength(1);
});

test('a worker whose leases fail rests longer each time', () => {
  const run = runWith(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const pauses: number[] = [];
  for (let failure = 0; failure < 4; failure++) {
    const { leaseId } = run.next(1);
    run.say(1, { type: 'release', leaseIds: [leaseId], reason: 'error' });
    const failedAt = run.now;
    while (run.held(1) === '') tick(run, 10);
    pauses.push(run.now - failedAt);
  }
  expect(pauses).toEqual([100, 200, 400, 800]);
});

test('a non-finite sum ends the job as diverged when a second worker confirms it', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(8, 3) });
  run.say(1, nonFiniteAnswerTo(run.next(1)));
  expect(run.divergedStep).toBeUndefined();
  expect(run.held(2)).toBe('[4,8) [0,4)');
  run.answer(2);
  run.say(2, nonFiniteAnswerTo(run.next(2)));
  expect(run.divergedStep).toBe(3);
  expect(run.results).toEqual([]);
});

test('a non-finite sum is confirmed by the same worker when it is alone', () => {
  const run = runWith(1);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  run.say(1, nonFiniteAnswerTo(run.next(1)));
  expect(run.held(1)).toBe('[0,8)');
  run.say(1, nonFiniteAnswerTo(run.next(1)));
  expect(run.divergedStep).toBe(0);
});

test('a worker is refused for good when others refute its non-finite sum', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  run.say(1, nonFiniteAnswerTo(run.next(1)));
  run.answer(2);
  run.answer(2);
  expect(run.results).toHaveLength(1);
  expect(run.divergedStep).toBeUndefined();
  expect(run.effects).toContainEqual(expect.objectContaining({ type: 'close', connection: 1, code: 'wrong-bits' }));
  run.join(7, { workerId: run.core.statistics[0]?.workerId ?? '' });
  expect(run.effects).toContainEqual(expect.objectContaining({ type: 'close', connection: 7, code: 'wrong-bits' }));
});

test('a job whose finite sums overflow together has diverged', () => {
  const run = runWith(2);
  run.do({ type: 'jobRequested', job: jobOf(2, 5) });
  for (const connection of [1, 2]) {
    run.answerWith(connection, new Float32Array(5).fill(3e38));
  }
  expect(run.divergedStep).toBe(5);
});
