import { describe, expect, it } from 'vitest';
import {
  Conversation,
  leaseOf,
  parametersOf,
  programSha256,
  sentIn,
  sha256,
  sumsOf,
  tasksIn,
  typesOf,
  welcome,
} from './conversation.js';

const emptyDigest = sha256(new Uint8Array(0));

describe('WorkerCore, computing', () => {
  it('turns a lease into a task', () => {
    const [task] = tasksIn(new Conversation().join().hear(leaseOf(5)));
    expect(task).toEqual({
      taskId: 1,
      programSha256,
      parametersSha256: parametersOf(1).sha256,
      key: [1, 2],
      node: { begin: 0, end: 4 },
      microbatchSize: 16,
      limitMilliseconds: 30_000,
    });
  });

  it('starts the next lease before it answers the first', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    expect(conversation.hear(leaseOf(6))).toEqual([]);
    const result = sumsOf([3, 4]);
    const effects = conversation.on({ type: 'computed', taskId: 1, ...result });
    expect(typesOf(effects)).toEqual(['compute', 'send']);
    expect(effects[1]).toEqual({
      type: 'send',
      message: {
        type: 'contribution',
        leaseId: 5,
        jobId: 1,
        parametersSha256: parametersOf(1).sha256,
        begin: 0,
        end: 4,
        finite: true,
        payloadSha256: result.payloadSha256,
        computeMilliseconds: 8,
      },
      payload: result.sums,
    });
  });

  it('reports sums that are not finite without a payload', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    const result = { ...sumsOf([NaN, 1]), finite: false, payloadSha256: emptyDigest };
    const [effect] = conversation.on({ type: 'computed', taskId: 1, ...result });
    expect(effect).toMatchObject({ type: 'send', message: { finite: false, payloadSha256: emptyDigest } });
    expect(effect).not.toHaveProperty('payload');
  });

  it('lets a task take ten times as long as its kind took before', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    conversation.on({ type: 'computed', taskId: 1, ...sumsOf([1, 1], 40_000) });
    const [task] = tasksIn(conversation.hear(leaseOf(6, { end: 2 })));
    expect(task?.limitMilliseconds).toBe(10 * 20_000);
  });

  it('gives back a lease that it cannot compute, and says why', () => {
    const conversation = new Conversation().join();
    const reasonOf = (fields: Parameters<typeof leaseOf>[1]): unknown => {
      const [message] = sentIn(conversation.hear(leaseOf(9, fields)));
      return message?.type === 'release' && message.reason === 'error' ? message.detail : message;
    };
    expect(reasonOf({ programSha256: 'c'.repeat(64) })).toBe("program cccccccc is none of the run's");
    expect(reasonOf({ kind: 'evaluate' })).toBe('a train program found, one to evaluate wanted');
    expect(reasonOf({ begin: 1, end: 3 })).toBe('[1, 3) is no node of the tree over 4');
  });

  it('begins a new conversation where a lease comes before its parameters or its program', () => {
    const conversation = new Conversation().join();
    expect(conversation.hear(leaseOf(9, { parametersSha256: 'd'.repeat(64) }))).toEqual([
      { type: 'disconnect', code: 'out-of-step', reason: 'Cannot accept lease: parameters dddddddd are not here' },
    ]);
    expect(typesOf(conversation.lose('out-of-step'))).toEqual(['connect']);
    const early = new Conversation();
    early.on({ type: 'start' });
    early.on({ type: 'connected' });
    early.hear(welcome);
    expect(early.hear(leaseOf(9))).toMatchObject([{ type: 'disconnect', code: 'out-of-step' }]);
  });
});

describe('WorkerCore, results that nobody wants', () => {
  it('drops leases of the parameters before, also the one being computed', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    conversation.hear(leaseOf(6));
    expect(typesOf(conversation.giveParameters(2))).toEqual(['cancelCompute', 'loadParameters']);
    const next = leaseOf(7, { parametersSha256: parametersOf(2).sha256 });
    expect(conversation.hear(next)).toEqual([]);
    const effects = conversation.on({ type: 'computed', taskId: 1, ...sumsOf([1, 2]) });
    expect(typesOf(effects)).toEqual(['compute']);
    expect(tasksIn(effects)).toMatchObject([{ taskId: 2, parametersSha256: parametersOf(2).sha256 }]);
  });

  it('stops a cancelled lease and goes on with the next one once the threads are free', () => {
    const conversation = new Conversation().join();
    for (const leaseId of [5, 6, 7]) conversation.hear(leaseOf(leaseId));
    expect(conversation.hear({ type: 'cancel', leaseIds: [5, 6] })).toEqual([{ type: 'cancelCompute', taskId: 1 }]);
    const effects = conversation.on({ type: 'computeCancelled', taskId: 1 });
    expect(typesOf(effects)).toEqual(['compute']);
    expect(sentIn(conversation.on({ type: 'computed', taskId: 2, ...sumsOf([1, 2]) }))).toMatchObject([{ leaseId: 7 }]);
  });

  it('forgets its leases with the connection; new ones wait for the threads', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    expect(typesOf(conversation.lose())).toEqual(['cancelCompute', 'connect']);
    conversation.on({ type: 'connected' });
    conversation.hear(welcome);
    expect(conversation.hear(leaseOf(5))).toEqual([]);
    expect(typesOf(conversation.on({ type: 'computed', taskId: 1, ...sumsOf([1, 2]) }))).toEqual(['compute']);
    expect(typesOf(conversation.on({ type: 'computed', taskId: 2, ...sumsOf([1, 2]) }))).toEqual(['send']);
  });
});

describe('WorkerCore, failing', () => {
  const failure = { type: 'computeFailed', code: 'compute-failed', reason: 'a thread ended' } as const;

  it('gives a failed lease back and goes on', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    conversation.hear(leaseOf(6));
    const effects = conversation.on({ ...failure, taskId: 1 });
    expect(typesOf(effects)).toEqual(['send', 'compute']);
    expect(effects[0]).toMatchObject({ message: { type: 'release', leaseIds: [5], reason: 'error', detail: 'a thread ended' } });
  });

  it('ends after three failures in a row, not counting those before a success', () => {
    const conversation = new Conversation().join();
    for (let leaseId = 1; leaseId <= 7; leaseId += 1) conversation.hear(leaseOf(leaseId));
    for (const taskId of [1, 2]) conversation.on({ ...failure, taskId });
    conversation.on({ type: 'computed', taskId: 3, ...sumsOf([1, 2]) });
    for (const taskId of [4, 5]) expect(typesOf(conversation.on({ ...failure, taskId }))).toEqual(['send', 'compute']);
    const effects = conversation.on({ ...failure, taskId: 6 });
    expect(typesOf(effects)).toEqual(['send', 'send', 'disconnect', 'exit']);
    expect(effects[3]).toMatchObject({ outcome: { type: 'failed', code: 'compute-failed', message: 'a thread ended' } });
  });

  it.each(['program-rejected', 'proof-failed'] as const)('ends at once with %s: another attempt would not mend it', (code) => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    const effects = conversation.on({ type: 'computeFailed', taskId: 1, code, reason: 'too much memory' });
    expect(typesOf(effects)).toEqual(['send', 'send', 'disconnect', 'exit']);
    expect(sentIn(effects)).toMatchObject([
      { type: 'release', leaseIds: [5], reason: 'error' },
      { type: 'failure', code, message: 'too much memory' },
    ]);
    expect(effects.at(-1)).toMatchObject({ outcome: { type: 'failed', code } });
  });
});

describe('WorkerCore, leaving', () => {
  it('finishes what it computes, gives the rest back, says goodbye', () => {
    const conversation = new Conversation().join();
    for (const leaseId of [5, 6, 7]) conversation.hear(leaseOf(leaseId));
    expect(sentIn(conversation.on({ type: 'drain' }))).toEqual([{ type: 'release', leaseIds: [6, 7], reason: 'drain' }]);
    expect(sentIn(conversation.hear(leaseOf(8)))).toEqual([{ type: 'release', leaseIds: [8], reason: 'drain' }]);
    const effects = conversation.on({ type: 'computed', taskId: 1, ...sumsOf([1, 2]) });
    expect(sentIn(effects).map((message) => message.type)).toEqual(['contribution', 'goodbye']);
    expect(typesOf(effects)).toEqual(['send', 'send', 'disconnect', 'exit']);
    expect(effects[3]).toEqual({ type: 'exit', outcome: { type: 'drained' } });
  });

  it('leaves at once when it is drained idle, offline, or while computing what nobody wants', () => {
    expect(typesOf(new Conversation().join().on({ type: 'drain' }))).toEqual(['send', 'disconnect', 'exit']);
    const offline = new Conversation();
    offline.on({ type: 'start' });
    expect(offline.on({ type: 'drain' })).toEqual([{ type: 'exit', outcome: { type: 'drained' } }]);
    const cancelled = new Conversation().join();
    cancelled.hear(leaseOf(5));
    cancelled.on({ type: 'drain' });
    expect(typesOf(cancelled.hear({ type: 'cancel', leaseIds: [5] }))).toEqual(['cancelCompute', 'send', 'disconnect', 'exit']);
  });

  it('ends well when the run is over', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    const parametersSha256 = parametersOf(1).sha256;
    const effects = conversation.hear({ type: 'finish', reason: 'completed', parametersSha256 });
    expect(typesOf(effects)).toEqual(['disconnect', 'exit']);
    expect(effects[1]).toEqual({ type: 'exit', outcome: { type: 'finished', reason: 'completed', parametersSha256 } });
    expect(conversation.on({ type: 'computed', taskId: 1, ...sumsOf([1, 2]) })).toEqual([]);
  });

  it('stops at once when it is told to', () => {
    const conversation = new Conversation().join();
    conversation.hear(leaseOf(5));
    expect(typesOf(conversation.on({ type: 'stop' }))).toEqual(['send', 'disconnect', 'exit']);
  });
});
