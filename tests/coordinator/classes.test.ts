// GPUs of the owner are compared with other devices now and then; tolerant workers count where the run says so.

import { describe, expect, test } from 'vitest';
import { finish, refused, statisticsOf, volunteer, warnings, whole, zeros } from './opinion-run.js';
import { helloFrom, jobOf, recheckOptions, ToyRun, toySum } from './toy-run.js';

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
  const tolerant = {
    ...volunteer,
    arithmetic: 'tolerant',
    proof: { conformance: '9'.repeat(64), microbatch: '9'.repeat(64) },
  } as const;
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
    run.answerWith(
      1,
      toySum(lease ?? { begin: 0, end: 1 }).map((value) => value * (1 + 5e-6)),
    );
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
    run.answerWith(
      1,
      toySum({ begin: 0, end: 1 }).map((value) => value * (1 + 2e-5)),
    );
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
