// A volunteer's sum counts when someone else has found it too; who others refute is out, with all that it gave to the step.

import { describe, expect, test } from 'vitest';
import type { Lease } from '../../protocol/index.js';
import { answerTo, helloFrom, jobOf, nonFiniteAnswerTo, recheckOptions, ToyRun, toySum } from './toy-run.js';

const volunteer = { kind: 'browser' } as const;
const whole = (count: number, step = 0) => toySum({ begin: 0, end: count }, step);
const zeros = (): Float32Array<ArrayBuffer> => new Float32Array(5);
const idOf = (connection: number): string => helloFrom(`worker-${connection}`).workerId;

const refused = (run: ToyRun): readonly number[] =>
  run.effects.flatMap((effect) => (effect.type === 'close' && effect.code === 'wrong-bits' ? [effect.connection] : []));
const warnings = (run: ToyRun): readonly string[] =>
  run.effects.flatMap((effect) => (effect.type === 'log' && effect.entry.level === 'warning' ? [effect.entry.text] : []));
const statisticsOf = (run: ToyRun, connection: number) =>
  run.core.statistics.find(({ workerId }) => workerId === idOf(connection));

function runWith(kinds: readonly ('owner' | 'volunteer')[], recheck: Parameters<typeof recheckOptions>[0] = {}): ToyRun {
  const run = new ToyRun({ recheck: recheckOptions(recheck) });
  for (const [index, kind] of kinds.entries()) run.join(index + 1, kind === 'volunteer' ? volunteer : {});
  return run;
}

/** Answers everything honestly until the job is over. */
function finish(run: ToyRun, connections: readonly number[], jobCount = 1): void {
  for (let round = 0; run.results.length < jobCount; round += 1) {
    if (round > 1000) throw new Error('Cannot finish: the job stands still');
    for (const connection of connections) {
      while ((run.leases.get(connection)?.length ?? 0) > 0 && run.results.length < jobCount) run.answer(connection);
    }
    run.now += 20;
    run.do({ type: 'tick' });
  }
}

/** Lets volunteers and others work together until so much of the volunteers is confirmed. */
function prove(run: ToyRun, connections: readonly number[]): void {
  for (let step = 0; step < 100; step += 1) {
    run.do({ type: 'jobRequested', job: jobOf(8, step) });
    finish(run, connections, step + 1);
    const volunteers = run.core.statistics.filter(({ confirmedNodes }) => confirmedNodes >= 10);
    if (volunteers.length === connections.length) return;
  }
  throw new Error('Cannot prove: the volunteers were not confirmed');
}

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
      run.effects.filter((effect) => effect.type === 'send' && effect.message.type === 'lease' && effect.message.step === step).length;
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
    while (diverged.divergedStep === undefined) {
      for (const connection of [2, 3]) {
        const lease = diverged.leases.get(connection)?.shift();
        if (lease !== undefined && diverged.divergedStep === undefined) diverged.say(connection, nonFiniteAnswerTo(lease));
      }
    }
    expect(diverged.divergedStep).toBe(6);
    diverged.do({ type: 'jobRequested', job: jobOf(3, 7) });
    finish(diverged, [1, 2, 3]);
    expect(refused(diverged)).toEqual([]);
  });
});

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
    for (let step = 0; (statisticsOf(run, 1)?.confirmedNodes ?? 0) < 10; step += 1) {
      run.do({ type: 'jobRequested', job: jobOf(12, step) });
      finish(run, [1, 2, 3], step + 1);
    }
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
    const liars = [1, 2];
    for (let round = 0; run.results.length === 0 && round < 100; round += 1) {
      for (const connection of [1, 2, 3, 4]) {
        if ((run.leases.get(connection)?.length ?? 0) === 0 || run.results.length > 0) continue;
        if (liars.includes(connection)) run.answerWith(connection, zeros());
        else run.answer(connection);
      }
      run.now += 20;
      run.do({ type: 'tick' });
    }
    expect(refused(run).toSorted()).toEqual(liars);
    expect(run.results[0]?.outputs).toEqual(whole(4));
  });

  test('cannot outvote the owner, however many friends it has', () => {
    const run = runWith(['volunteer', 'volunteer', 'volunteer', 'owner']);
    run.do({ type: 'jobRequested', job: jobOf(4) });
    for (let round = 0; run.results.length === 0 && round < 100; round += 1) {
      for (const connection of [4, 1, 2, 3]) {
        if ((run.leases.get(connection)?.length ?? 0) === 0 || run.results.length > 0) continue;
        if (connection === 4) run.answer(connection);
        else run.answerWith(connection, zeros());
      }
      run.now += 20;
      run.do({ type: 'tick' });
    }
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

describe('a GPU of the owner', () => {
  const gpu = { backend: 'webgpu' } as const;

  test('is compared with another device now and then, and believed where there is none', () => {
    const run = new ToyRun({ recheck: recheckOptions({ auditMilliseconds: 1000 }) });
    run.join(1, gpu);
    for (const [step, now] of [0, 5000].entries()) {
      run.now = now;
      run.do({ type: 'jobRequested', job: jobOf(1, step) });
      run.answer(1);
      expect(run.results).toHaveLength(step + 1);
    }
    run.join(2);
    run.now = 10_000;
    run.do({ type: 'jobRequested', job: jobOf(2, 2) });
    run.answer(1);
    expect(run.held(2)).toContain('[0,1)');
    finish(run, [1, 2], 3);
    expect(statisticsOf(run, 1)).toMatchObject({ confirmedNodes: 1 });
    run.do({ type: 'jobRequested', job: jobOf(2, 3) });
    run.answer(1);
    expect(run.core.snapshot(run.now).job?.questionCount).toBe(0);
  });

  test('is refused when processors find other bits', () => {
    const run = new ToyRun({ recheck: recheckOptions({ auditMilliseconds: 0 }) });
    run.join(1, gpu);
    run.join(2);
    run.join(3);
    run.do({ type: 'jobRequested', job: jobOf(3) });
    run.answerWith(1, zeros());
    finish(run, [2, 3]);
    expect(refused(run)).toEqual([1]);
    expect(run.results[0]?.outputs).toEqual(whole(3));
  });
});

describe('a tolerant worker', () => {
  const tolerant = { ...volunteer, arithmetic: 'tolerant', proof: { conformance: '9'.repeat(64), microbatch: '9'.repeat(64) } } as const;
  const admission = { workerLimit: 9, proof: helloFrom('').proof, admitsTolerant: true, acceptsToken: () => true };

  test('is refused by a run that admits exact workers alone, and told so', () => {
    const run = new ToyRun();
    run.join(1, tolerant);
    expect(run.effects).toContainEqual(expect.objectContaining({ type: 'close', code: 'proof-failed' }));
    expect(warnings(run)[0]).toContain('this run admits exact workers only');
  });

  test('is confirmed by sums that are close, and the exact ones count', () => {
    const run = new ToyRun({ admission });
    run.join(1, tolerant);
    run.join(2);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    const lease = run.leases.get(1)?.[0];
    run.answerWith(1, toySum(lease ?? { begin: 0, end: 1 }).map((value) => value * (1 + 5e-6)));
    run.answer(2);
    run.answer(2);
    expect(run.results[0]?.outputs).toEqual(whole(2));
    expect(run.results[0]?.contributions.every(({ arithmetic }) => arithmetic === undefined)).toBe(true);
    expect(statisticsOf(run, 1)).toMatchObject({ confirmedNodes: 1, arithmetic: 'tolerant', committedNodes: 0 });
  });

  test('is refused when its sums are not close', () => {
    const run = new ToyRun({ admission });
    run.join(1, tolerant);
    run.join(2);
    run.do({ type: 'jobRequested', job: jobOf(2) });
    run.answerWith(1, toySum({ begin: 0, end: 1 }).map((value) => value * (1 + 2e-5)));
    finish(run, [2]);
    expect(refused(run)).toEqual([1]);
  });

  test('is named in what it has contributed', () => {
    const run = new ToyRun({ admission, recheck: recheckOptions({ fraction: 0 }) });
    run.join(1, tolerant);
    run.do({ type: 'jobRequested', job: jobOf(1) });
    run.answer(1);
    expect(run.results[0]?.contributions).toMatchObject([{ arithmetic: 'tolerant' }]);
    expect(statisticsOf(run, 1)).toMatchObject({ committedNodes: 1, tolerantNodes: 1 });
  });
});
