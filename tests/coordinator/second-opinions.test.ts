// A volunteer's sum counts when someone else has found it too.

import { describe, expect, test } from 'vitest';
import { finish, idOf, isBusy, prove, refused, runWith, statisticsOf, volunteer, warnings, whole } from './opinion-run.js';
import { jobOf, nonFiniteAnswerTo, recheckOptions, ToyRun } from './toy-run.js';

describe("a volunteer's sum", () => {
  test('counts only when another worker has found the same, and is the contribution that counts', () => {
    const run = runWith(['volunteer', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answer(1);
    expect(run.held(2)).toBe('[1,2) [0,1)');
    expect(run.core.snapshot(0).job).toMatchObject({ questionCount: 1, heldNodeCount: 0 });
    run.answer(2);
    expect(run.results).toEqual([]);
    run.answer(2);
    expect(run.results[0]?.outputs).toEqual(whole(2));
    expect(run.results[0]?.contributions.map(({ workerId }) => workerId)).toEqual([idOf(1), idOf(2)]);
    expect(statisticsOf(run, 1)).toMatchObject({ confirmedNodes: 1, uncheckedNodes: 0, committedNodes: 1 });
  });

  test('is computed again by lot when ten were confirmed', () => {
    let drawn = 0.99;
    const run = runWith(['volunteer', 'volunteer'], { chance: () => drawn });
    prove(run, [1, 2]);
    const count = run.results.length;
    const leaseCountOf = (step: number): number =>
      run.effects.filter((effect) => effect.type === 'send' && effect.message.type === 'lease' && effect.message.step === step)
        .length;
    run.do({ type: 'jobRequested', job: jobOf(2, 500) });
    finish(run, [1, 2], count + 1);
    const sums = run.results.at(-1)?.contributions.length;
    expect(leaseCountOf(500)).toBe(sums);
    drawn = 0.049;
    run.do({ type: 'jobRequested', job: jobOf(2, 501) });
    finish(run, [1, 2], count + 2);
    expect(leaseCountOf(501)).toBe(2 * (run.results.at(-1)?.contributions.length ?? 0));
    finish(run, [1, 2], count + 2);
  });

  test('is never computed again where the run wants no rechecks', () => {
    const run = runWith(['volunteer', 'owner'], { fraction: 0 });
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answer(1);
    run.answer(2);
    expect(run.results).toHaveLength(1);
  });

  test('is not taken for proven when its id comes from elsewhere', () => {
    const run = runWith(['volunteer', 'volunteer'], { chance: () => 0.99 });
    prove(run, [1, 2]);
    const rejoin = (connection: number, place: string): number => {
      run.leave(connection === 3 ? 1 : 3);
      run.join(connection, { ...volunteer, workerId: idOf(1) }, place);
      run.do({ type: 'jobRequested', job: jobOf(1, 900 + connection) });
      const holder = run.held(connection) === '' ? 2 : connection;
      if (holder === connection) run.answer(connection);
      return run.core.snapshot(run.now).job?.questionCount ?? 0;
    };
    run.leave(2);
    expect(rejoin(3, 'place-1')).toBe(0);
    expect(rejoin(4, 'elsewhere')).toBe(1);
  });

  test('is computed again at another place where there is one', () => {
    const run = new ToyRun();
    run.join(1, volunteer, 'home');
    run.join(2, volunteer, 'home');
    run.join(3, volunteer, 'away');
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.answer(1);
    expect([run.held(2), run.held(3)]).toEqual(['[1,2)', '[2,3) [0,1)']);
  });

  test('goes on when who computes it again leaves, and when who gave it leaves', () => {
    const run = runWith(['volunteer', 'volunteer', 'volunteer']);
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.answer(1);
    const checker = [2, 3].find((connection) => run.held(connection).includes('[0,1)')) ?? 0;
    run.leave(checker);
    const other = 5 - checker;
    expect(run.held(other)).toContain('[0,1)');
    run.leave(1);
    run.join(9, volunteer);
    finish(run, [other, 9]);
    expect(run.results[0]?.outputs).toEqual(whole(3));
    expect(run.results[0]?.contributions[0]?.workerId).toBe(idOf(1));
    expect(refused(run)).toEqual([]);
  });

  test('is not confirmed by what another volunteer says of a whole that it is part of', () => {
    const run = runWith(['volunteer', 'volunteer', 'volunteer'], { chance: () => 0.99 });
    const agreements = (connection: number): number => statisticsOf(run, connection)?.confirmedNodes ?? 0;
    for (let step = 0; agreements(1) < 10; step += 1) {
      run.do({ type: 'jobRequested', job: jobOf(8, step) });
      for (let round = 0; run.results.length <= step; round += 1) {
        run.now += 10;
        // The third one is slow.
        const awake = round % 4 === 3 ? [1, 2, 3] : [1, 2];
        for (const connection of awake) if (run.results.length <= step && isBusy(run, connection)) run.answer(connection);
      }
    }
    const count = run.results.length;
    expect(agreements(3)).toBeLessThan(10);
    run.leave(2);
    run.say(3, { type: 'release', leaseIds: [9999], reason: 'cancelled' });
    run.do({ type: 'jobRequested', job: jobOf(4, 600) });
    expect(run.held(1)).toBe('[0,4)');
    run.now += 1500;
    run.do({ type: 'tick' });
    // It takes a part of what the first one has not done in time.
    expect(run.held(3)).toMatch(/^\[0,[12]\)/);
    run.answer(3);
    run.answer(1);
    expect(run.results).toHaveLength(count);
    finish(run, [1, 3], count + 1);
    expect(run.results.at(-1)?.outputs).toEqual(whole(4, 600));
  });

  test('is asked of an idle worker too when who has it is slow', () => {
    const run = runWith(['volunteer', 'owner', 'owner']);
    for (let step = 0; step < 5; step += 1) {
      run.do({ type: 'jobRequested', job: jobOf(12, step) });
      for (let round = 0; run.results.length <= step; round += 1) {
        run.now += 1;
        for (const connection of [1, 2, 3]) if (run.held(connection) !== '' && run.results.length <= step) run.answer(connection);
      }
    }
    run.do({ type: 'jobRequested', job: jobOf(1, 77) });
    const first = [1, 2, 3].find((connection) => run.held(connection) !== '') ?? 0;
    if (first !== 1) {
      run.answer(first);
      return;
    }
    run.answer(1);
    const asked = [2, 3].find((connection) => run.held(connection) !== '') ?? 0;
    run.now += 100;
    run.do({ type: 'tick' });
    expect(run.held(5 - asked)).toBe('[0,1)');
  });

  test('waits for another worker once, then counts unconfirmed and is told', () => {
    const run = runWith(['volunteer']);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answer(1);
    run.now += 4999;
    run.do({ type: 'tick' });
    expect(run.results).toEqual([]);
    run.now += 1;
    run.do({ type: 'tick' });
    expect(run.results).toHaveLength(1);
    for (let step = 1; step < 4; step += 1) {
      run.do({ type: 'jobRequested', job: jobOf(2, step) });
      run.answer(1);
    }
    expect(run.results).toHaveLength(4);
    expect(statisticsOf(run, 1)).toMatchObject({ uncheckedNodes: 4, confirmedNodes: 0 });
    expect(warnings(run).filter((text) => text.includes('count unconfirmed'))).toHaveLength(1);
    // When someone comes, sums are confirmed again.
    run.join(2, volunteer);
    run.do({ type: 'jobRequested', job: jobOf(2, 4) });
    run.answer(1);
    run.answer(2);
    expect(run.results).toHaveLength(4);
    finish(run, [1, 2], 5);
    // Its own, and the one that it found for the other.
    expect(statisticsOf(run, 1)).toMatchObject({ uncheckedNodes: 4, confirmedNodes: 2 });
  });

  test('waits without end where everything is to be confirmed, and for someone at another place', () => {
    const run = new ToyRun({ recheck: recheckOptions({ fraction: 1 }) });
    run.join(1, volunteer, 'home');
    run.join(2, volunteer, 'home');
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answer(1);
    run.answer(2);
    run.now += 3_600_000;
    run.do({ type: 'tick' });
    expect(run.results).toEqual([]);
    run.join(3, volunteer, 'away');
    finish(run, [3]);
    expect(run.results[0]?.outputs).toEqual(whole(2));
  });

  test('does not pile up: who has many that wait gets no new work', () => {
    const run = runWith(['volunteer', 'owner'], { fraction: 1 });
    for (let step = 0; step < 3; step += 1) {
      run.do({ type: 'jobRequested', job: jobOf(8, step) });
      while (run.results.length <= step) {
        run.now += 20;
        for (const connection of [1, 2]) if (run.results.length <= step && isBusy(run, connection)) run.answer(connection);
      }
    }
    run.leave(2);
    run.do({ type: 'jobRequested', job: jobOf(1024, 3) });
    let answered = 0;
    for (; answered < 200 && isBusy(run, 1); answered += 1) {
      run.now += 20;
      run.answer(1);
    }
    expect(run.core.snapshot(run.now).job?.questionCount).toBe(answered);
    expect(answered).toBeGreaterThanOrEqual(16);
    expect(answered).toBeLessThanOrEqual(18);
    run.join(3);
    finish(run, [1, 3], 4);
    expect(run.results[3]?.outputs).toEqual(whole(1024, 3));
  });

  test('is of no more interest when the job ends without it', () => {
    const stopped = runWith(['volunteer', 'owner']);
    stopped.do({ type: 'jobRequested', job: jobOf(4) });
    stopped.answer(1);
    stopped.do({ type: 'runEnded', reason: 'stopped', parametersSha256: 'f'.repeat(64) });
    expect(stopped.core.snapshot(0).job).toBeNull();

    const diverged = runWith(['volunteer', 'owner', 'owner']);
    diverged.do({ type: 'jobRequested', job: jobOf(3, 6) });
    diverged.answer(1);
    diverged.say(2, nonFiniteAnswerTo(diverged.next(2)));
    const asked = diverged.leases.get(3)?.find(({ begin }) => begin === 1);
    diverged.say(3, nonFiniteAnswerTo(asked ?? diverged.next(3)));
    expect(diverged.divergedStep).toBe(6);
    diverged.do({ type: 'jobRequested', job: jobOf(3, 7) });
    finish(diverged, [1, 2, 3]);
    expect(refused(diverged)).toEqual([]);
  });
});
