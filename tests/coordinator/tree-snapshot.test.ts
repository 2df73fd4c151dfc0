// The picture of a job's reduction tree.

import { expect, test } from 'vitest';
import { committedTree, type TreeSnapshot } from '../../coordinator/index.js';
import { isTreeNode } from '../../tensor/index.js';
import { jobOf, sha256, ToyRun } from './toy-run.js';

const pictured = (tree: TreeSnapshot | undefined): readonly string[] =>
  (tree?.nodes ?? []).map(({ begin, end, depth, state, workerIds }) => {
    return `${depth} [${begin},${end}) ${state} ${workerIds.map((id) => names.get(id) ?? id).join('+')}`.trim();
  });
const names = new Map([1, 2, 3].map((number) => [sha256(Buffer.from(`worker-${number}`)).slice(0, 32), `w${number}`]));

test('tree() shows what is leased to whom, what is done, and what is free', () => {
  const run = new ToyRun();
  run.do({ type: 'jobRequested', job: jobOf(8, 3) });
  expect(pictured(run.core.tree(64))).toEqual(['0 [0,8) free']);
  run.join(1);
  run.join(2);
  expect(pictured(run.core.tree(64))).toEqual(['0 [0,8) leased w1']);
  run.leave(1);
  expect(run.core.tree(64)).toMatchObject({ kind: 'train', step: 3, microbatchCount: 8, isCommitted: false });
  expect(pictured(run.core.tree(64))).toEqual(['0 [0,8) leased w2']);
});

test('tree() shows a sum that is held above the nodes it is made of, while others are on their way', () => {
  const run = new ToyRun();
  for (const connection of [1, 2, 3]) run.join(connection);
  run.do({ type: 'jobRequested', job: jobOf(8) });
  const before = run.core.tree(64);
  expect(before?.nodes.filter(({ state }) => state === 'leased').length).toBeGreaterThan(1);
  run.now += 10;
  const [busy = 1] = [1, 2, 3].filter((connection) => (run.leases.get(connection)?.length ?? 0) > 0);
  run.answer(busy);
  const after = run.core.tree(64);
  expect(
    after?.nodes.filter(({ state }) => state === 'done').map(({ workerIds }) => workerIds.map((id) => names.get(id))),
  ).toEqual([[`w${busy}`]]);
  expect(after?.nodes[0]).toMatchObject({ begin: 0, end: 8, depth: 0, state: 'inner' });
});

test('tree() says that a lease is late and that its node is free for others', () => {
  const run = new ToyRun();
  run.join(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  run.now += 60_000;
  run.do({ type: 'tick' });
  expect(pictured(run.core.tree(64))).toEqual(['0 [0,4) expired w1']);
});

test('tree() shows a report that is to be confirmed', () => {
  const run = new ToyRun();
  run.join(1);
  run.do({ type: 'jobRequested', job: jobOf(4) });
  const { leaseId, jobId, begin, end, parametersSha256 } = run.next(1);
  const payloadSha256 = sha256(new Uint8Array(0));
  run.join(2);
  const message = { type: 'contribution', leaseId, jobId, begin, end, parametersSha256, payloadSha256 } as const;
  run.say(1, { ...message, finite: false, computeMilliseconds: 1 });
  expect(run.core.tree(64)?.nodes.some(({ state }) => state === 'disputed' || state === 'mixed')).toBe(true);
});

test('committedTree() shows who computed what, and takes nodes together that are too small to be seen', () => {
  const contributions = Array.from({ length: 1000 }, (_, leaf) => {
    return { begin: leaf, end: leaf + 1, workerId: `w${leaf % 3}`, sha256: '' };
  });
  const fine = committedTree({ kind: 'train', step: 7, contributions: contributions.slice(0, 4) }, 64);
  expect(pictured(fine)).toEqual([
    ...['0 [0,4) summed', '1 [0,2) summed', '1 [2,4) summed'],
    ...['2 [0,1) done w0', '2 [1,2) done w1', '2 [2,3) done w2', '2 [3,4) done w0'],
  ]);
  const coarse = committedTree({ kind: 'train', step: 7, contributions }, 64);
  expect(coarse).toMatchObject({ microbatchCount: 1000, isCommitted: true });
  expect(coarse.nodes.length).toBeLessThan(128);
  for (const node of coarse.nodes) {
    expect(isTreeNode(node, 1000)).toBe(true);
    expect(node.end - node.begin).toBeGreaterThanOrEqual(8);
    if (node.state === 'done') expect([...node.workerIds].sort()).toEqual(['w0', 'w1', 'w2']);
  }
});
