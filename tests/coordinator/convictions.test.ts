// Who others refute is out, with all that it gave to the step; who is refuted by liars is not.

import { describe, expect, test } from 'vitest';
import type { Lease } from '../../protocol/index.js';
import { finish, idOf, isBusy, prove, refused, runWith, statisticsOf, volunteer, warnings, whole, zeros } from './opinion-run.js';
import { answerTo, jobOf, nonFiniteAnswerTo, ToyRun } from './toy-run.js';

describe('a worker that lies', () => {
  test('is refused on the word of one worker of the owner where there is one', () => {
    const run = runWith(['volunteer', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answerWith(1, zeros());
    finish(run, [2]);
    expect(refused(run)).toEqual([1]);
    expect(run.results[0]?.outputs).toEqual(whole(2));
    const refusal = run.effects.find((effect) => effect.type === 'send' && effect.message.type === 'refuse');
    expect(refusal).toMatchObject({ message: { message: expect.stringContaining('[0, 1) in step 0') as unknown } });
    run.join(7, { ...volunteer, workerId: idOf(1) });
    expect(refused(run)).toEqual([1, 7]);
  });

  test('is refused when a third worker decides', () => {
    const run = runWith(['volunteer', 'owner', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.answerWith(1, zeros());
    const asked = [2, 3].find((connection) => run.held(connection).includes('[0,1)')) ?? 0;
    run.answer(asked);
    run.answer(asked);
    expect(refused(run)).toEqual([]);
    expect(run.held(5 - asked)).toContain('[0,1)');
    finish(run, [2, 3]);
    expect(refused(run)).toEqual([1]);
    expect(run.results[0]?.outputs).toEqual(whole(3));
  });

  test('is refused when it lies about what another has found', () => {
    const run = runWith(['volunteer', 'volunteer', 'volunteer']);
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.answer(1);
    const liar = [2, 3].find((connection) => run.held(connection).includes('[0,1)')) ?? 0;
    const leases = run.leases.get(liar) ?? [];
    run.leases.set(
      liar,
      leases.toSorted((a: Lease, b: Lease) => a.begin - b.begin),
    );
    run.answerWith(liar, zeros());
    run.join(8, volunteer);
    finish(run, [1, 5 - liar, 8]);
    expect(refused(run)).toEqual([liar]);
    expect(run.results[0]?.outputs).toEqual(whole(3));
  });

  test('loses all that it has given to the step, and others compute it again', () => {
    let drawn = 0.99;
    const run = runWith(['volunteer', 'volunteer', 'owner'], { chance: () => drawn });
    prove(run, [1], [1, 2, 3]);
    const count = run.results.length;
    run.do({ type: 'jobRequested', job: jobOf(64, 300) });
    run.answerWith(1, zeros());
    expect(run.core.snapshot(run.now).job?.heldNodeCount).toBe(1);
    drawn = 0;
    run.answerWith(1, zeros());
    drawn = 0.99;
    finish(run, [2, 3], count + 1);
    expect(refused(run)).toEqual([1]);
    expect(run.results.at(-1)?.outputs).toEqual(whole(64, 300));
    expect(run.results.at(-1)?.contributions.some(({ workerId }) => workerId === idOf(1))).toBe(false);
    expect(warnings(run).find((text) => text.includes('is refused'))).toMatch(/\d+ tree nodes of it count already/);
  });

  test('cannot outvote others with a friend at the same place', () => {
    const run = new ToyRun();
    run.join(1, volunteer, 'den');
    run.join(2, volunteer, 'den');
    run.join(3, volunteer, 'here');
    run.join(4, volunteer, 'there');
    run.do({ type: 'jobRequested', job: jobOf(4) });
    finish(run, [1, 2, 3, 4], 1, [1, 2]);
    expect(refused(run).toSorted()).toEqual([1, 2]);
    expect(run.results[0]?.outputs).toEqual(whole(4));
  });

  test('cannot outvote the owner, however many friends it has', () => {
    const run = runWith(['volunteer', 'volunteer', 'volunteer', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(4) });
    finish(run, [4, 1, 2, 3], 1, [1, 2, 3]);
    expect(refused(run)).not.toContain(4);
    expect(refused(run).length).toBeGreaterThan(0);
  });

  test('makes a run of two volunteers wait for a third, and say so', () => {
    const run = runWith(['volunteer', 'volunteer']);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answerWith(1, zeros());
    run.answer(2);
    run.answer(2);
    run.now += 100_000;
    run.do({ type: 'tick' });
    run.do({ type: 'tick' });
    expect(run.results).toEqual([]);
    expect(warnings(run).filter((text) => text.includes('the run waits for another one'))).toHaveLength(1);
    run.join(3, volunteer);
    finish(run, [2, 3]);
    expect(refused(run)).toEqual([1]);
    expect(run.results[0]?.outputs).toEqual(whole(2));
  });

  test('is refused when it calls a finite sum not finite, and ends no run', () => {
    const run = runWith(['volunteer', 'owner', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.say(1, nonFiniteAnswerTo(run.next(1)));
    finish(run, [2, 3]);
    expect(run.divergedStep).toBeUndefined();
    expect(refused(run)).toEqual([1]);
  });

  test('does not keep a run from its end that the owner finds diverged', () => {
    const run = runWith(['owner', 'volunteer']);
    run.do({ type: 'jobRequested', job: jobOf(1, 4) });
    const first = isBusy(run, 1) ? 1 : 2;
    if (first === 1) run.say(1, nonFiniteAnswerTo(run.next(1)));
    else run.answer(2);
    for (let round = 0; run.divergedStep === undefined && round < 100; round += 1) {
      if (isBusy(run, 1)) run.say(1, nonFiniteAnswerTo(run.next(1)));
      else if (isBusy(run, 2)) run.answer(2);
      run.now += 20;
      run.do({ type: 'tick' });
    }
    expect(run.divergedStep).toBe(4);
    expect(refused(run)).toEqual([2]);
  });

  test('does not make others diverge alone: a volunteer does not confirm itself', () => {
    const run = runWith(['volunteer'], { fraction: 1 });
    run.do({ type: 'jobRequested', job: jobOf(1) });
    run.say(1, nonFiniteAnswerTo(run.next(1)));
    expect(run.held(1)).toBe('');
    run.join(2);
    run.answer(2);
    expect(run.divergedStep).toBeUndefined();
    expect(refused(run)).toEqual([1]);
  });

  test('is found out by who is asked next when a contribution comes late or twice', () => {
    const run = runWith(['volunteer', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    const lease = run.next(1);
    const { message, payload } = answerTo(lease);
    run.say(1, message, payload);
    // The same once more is not a second opinion.
    run.say(1, message, payload);
    expect(statisticsOf(run, 1)).toMatchObject({ droppedContributions: 1, confirmedNodes: 0 });
    finish(run, [2]);
    expect(run.results[0]?.outputs).toEqual(whole(2));
  });
});
