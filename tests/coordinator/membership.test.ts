// Joining, leaving, and contributions that are not what was asked for.

import { expect, test } from 'vitest';
import { Reputations } from '../../coordinator/index.js';
import { answerTo, coreOptions, helloFrom, jobOf, nonFiniteAnswerTo, proof, ToyRun, toySum } from './toy-run.js';

const refusals = (run: ToyRun) =>
  run.effects.flatMap((effect) => (effect.type === 'close' ? [{ connection: effect.connection, code: effect.code }] : []));

test.each([
  ['protocol-version', { protocolVersion: 1 }],
  ['contract-version', { contractVersion: 2 }],
  ['numerics-profile', { profile: 'fused' }],
  ['proof-failed', { proof: { ...proof, microbatch: 'c'.repeat(64) } }],
  ['proof-failed', { proof: { ...proof, conformance: 'c'.repeat(64) } }],
] as const)('handle() refuses a hello with %s', (code, change) => {
  const run = new ToyRun();
  const effects = run.join(1, change);
  expect(effects[0]).toMatchObject({
    type: 'send',
    message: { type: 'refuse', code, message: expect.stringContaining(': ') as string },
  });
  expect(refusals(run)).toEqual([{ connection: 1, code }]);
  expect(run.core.workerCount).toBe(0);
});

test('handle() refuses a wrong token and a worker beyond the limit', () => {
  const acceptsToken = (token: string | undefined) => token === 'right';
  const run = new ToyRun({ admission: { workerLimit: 1, proof, admitsTolerant: false, acceptsToken } });
  run.join(1);
  run.join(2, { token: 'right' });
  run.join(3, { token: 'right' });
  expect(refusals(run)).toEqual([{ connection: 1, code: 'unauthorized' }, { connection: 3, code: 'too-many-workers' }]); // prettier-ignore
});

test('handle() tells a new worker the run, its programs and its parameters before the first lease', () => {
  const run = new ToyRun();
  run.do({ type: 'jobRequested', job: jobOf(4, 2) });
  const sent = run.join(1).flatMap((effect) => (effect.type === 'send' ? [effect.message] : []));
  expect(sent.map(({ type }) => type)).toEqual(['welcome', 'program', 'parameters', 'lease']);
  const [program] = coreOptions().programs;
  expect(sent[0]).toMatchObject({
    runId: 'toy',
    programs: [{ role: 'train', sha256: program?.sha256, byteLength: 2, outputLength: 5 }],
  });
});

test('handle() sends parameters once and to everyone when they change, and not when they stay', () => {
  const run = new ToyRun();
  run.join(1);
  run.join(2);
  const parametersSent = () =>
    run.effects.flatMap((effect) => (effect.type === 'send' && effect.message.type === 'parameters' ? [effect.connections] : []));
  run.do({ type: 'jobRequested', job: jobOf(2, 0) });
  run.answer(1);
  run.answer(2);
  run.do({ type: 'jobRequested', job: { ...jobOf(2, 0), step: 0 } });
  expect(parametersSent()).toEqual([[1, 2]]);
  run.answer(1);
  run.answer(2);
  run.do({ type: 'jobRequested', job: jobOf(2, 1) });
  expect(parametersSent()).toEqual([[1, 2], [1, 2]]); // prettier-ignore
});

test('handle() lets a new connection of the same worker replace the old one', () => {
  const run = new ToyRun();
  run.join(1, { workerId: 'e'.repeat(32) });
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const old = run.next(1);
  run.join(2, { workerId: 'e'.repeat(32) });
  expect(refusals(run)).toEqual([{ connection: 1, code: 'worker-replaced' }]);
  expect(run.held(2)).toBe('[0,4)');
  // What it computed for the old connection is of no use any more, but no fault.
  run.say(2, answerTo(old).message, answerTo(old).payload);
  expect(run.core.snapshot(0).droppedContributions).toBe(1);
  run.answer(2);
  expect(run.results).toHaveLength(1);
  expect(run.core.statistics).toMatchObject([{ committedNodes: 1, microbatches: 4, reissuedLeases: 1 }]);
});

test('handle() wants a hello first, and only one', () => {
  const run = new ToyRun();
  run.do({ type: 'connected', connection: 1 });
  run.say(1, { type: 'goodbye' });
  run.join(2);
  run.say(2, helloFrom('again'));
  expect(refusals(run)).toEqual([{ connection: 1, code: 'unexpected-message' }, { connection: 2, code: 'unexpected-message' }]); // prettier-ignore
  expect(run.say(2, { type: 'goodbye' })).toEqual([]);
});

test.each([
  ['contribution-mismatch', { jobId: 7 }],
  ['contribution-mismatch', { begin: 1 }],
  ['contribution-mismatch', { end: 3 }],
  ['contribution-mismatch', { parametersSha256: 'd'.repeat(64) }],
  ['contribution-mismatch', { leaseId: 500 }],
  ['payload-digest', { payloadSha256: 'd'.repeat(64) }],
] as const)('handle() refuses a contribution with %s and gives its node to others', (code, change) => {
  const run = new ToyRun();
  run.join(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const { message, payload } = answerTo(run.next(1));
  run.say(1, { ...message, ...change }, payload);
  expect(refusals(run)).toEqual([{ connection: 1, code }]);
  run.join(2);
  run.answer(2);
  expect(run.results[0]?.outputs).toEqual(toySum({ begin: 0, end: 4 }));
});

test('handle() refuses sums of another length, sums that are secretly not finite, and the lease of another worker', () => {
  const run = new ToyRun();
  for (const connection of [1, 2, 3]) run.join(connection);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const [first, second, third] = [run.next(1), run.next(2), run.next(3)];
  run.say(1, answerTo(first).message, new Float32Array(4));
  const infinite = answerTo(second, new Float32Array(5).fill(Infinity));
  run.say(2, infinite.message, infinite.payload);
  run.join(4);
  run.say(4, answerTo(third).message, answerTo(third).payload);
  expect(refusals(run)).toEqual([
    { connection: 1, code: 'payload-length' },
    { connection: 2, code: 'contribution-mismatch' },
    { connection: 4, code: 'contribution-mismatch' },
  ]);
});

test('handle() drops late and repeated contributions and counts them', () => {
  const run = new ToyRun();
  run.join(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const lease = run.next(1);
  const { message, payload } = answerTo(lease);
  run.say(1, message, payload);
  run.say(1, message, payload);
  run.do({ type: 'jobRequested', job: jobOf(4, 1) });
  run.say(1, message, payload);
  run.say(1, nonFiniteAnswerTo(lease));
  expect(run.core.snapshot(0)).toMatchObject({ droppedContributions: 3, reissuedLeases: 0 });
  expect(refusals(run)).toEqual([]);
});

test('handle() keeps the result of a worker that has left since', () => {
  const run = new ToyRun();
  run.join(1);
  run.join(2);
  run.do({ type: 'jobRequested', job: jobOf(2) });
  run.answer(1);
  run.leave(1);
  run.answer(2);
  expect(run.results.map(({ outputs }) => outputs)).toEqual([toySum({ begin: 0, end: 2 })]);
  expect(run.core.statistics.map(({ committedNodes }) => committedNodes)).toEqual([1, 1]);
});

test('statistics stay bounded, and lose no count, when very many workers come and go', () => {
  const { core } = new ToyRun();
  const count = 10_500;
  core.handle({ type: 'jobRequested', job: jobOf(1) }, 0);
  for (let connection = 1; connection <= count; connection++) {
    core.handle({ type: 'connected', connection }, 0);
    core.handle({ type: 'message', connection, message: helloFrom(`worker-${connection}`) }, 0);
    core.handle({ type: 'disconnected', connection }, 0);
  }
  expect(core.statistics).toHaveLength(10_001);
  expect(core.statistics.reduce((sum, { reissuedLeases }) => sum + reissuedLeases, 0)).toBe(count);
});

test('handle() never writes to a payload', () => {
  const run = new ToyRun();
  run.join(1);
  run.join(2);
  run.do({ type: 'jobRequested', job: jobOf(2) });
  const [left, right] = [answerTo(run.next(1)), answerTo(run.next(2))];
  run.say(2, right.message, right.payload);
  run.say(1, left.message, left.payload);
  expect(run.results).toHaveLength(1);
  expect(left.payload).toEqual(toySum({ begin: 0, end: 1 }));
  expect(right.payload).toEqual(toySum({ begin: 1, end: 2 }));
});

test('handle() says goodbye to everyone at the end, and to those that come later', () => {
  const run = new ToyRun();
  run.join(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const finish = { type: 'finish', reason: 'stopped', parametersSha256: 'f'.repeat(64) };
  expect(run.do({ type: 'runEnded', reason: 'stopped', parametersSha256: 'f'.repeat(64) })).toContainEqual({
    ...{ type: 'send', connections: [1], message: finish },
  });
  const last = run.join(2).filter((effect) => effect.type === 'send');
  expect(last.at(-1)).toMatchObject({ connections: [2], message: finish });
});

test('handle() refuses a worker that was caught at another run of the study, whenever it says something', () => {
  const reputations = new Reputations();
  const [here, elsewhere] = [new ToyRun({ reputations }), new ToyRun({ reputations })];
  here.join(1);
  elsewhere.join(1);
  elsewhere.do({ type: 'jobRequested', job: jobOf(4) });
  reputations.ban(helloFrom('worker-1').workerId);
  expect(elsewhere.answer(1)).toContainEqual(expect.objectContaining({ type: 'close', connection: 1, code: 'wrong-bits' }));
  expect(elsewhere.results).toEqual([]);
  expect(here.join(2)).not.toContainEqual(expect.objectContaining({ type: 'close' }));
});
