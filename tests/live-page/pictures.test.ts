// What is drawn by hand: the tree, the QR code, the columns of λ.

import { encode } from 'uqr';
import { describe, expect, test } from 'vitest';
import { decaySpans, mostNeurons, shadeOf } from '../../live-page/page/decay-columns.js';
import { qrPath } from '../../live-page/page/qr-path.js';
import { countStates, layoutTree } from '../../live-page/page/tree-layout.js';
import { hueCount, WorkerHues } from '../../live-page/page/worker-hues.js';
import type { LiveTree } from '../../protocol/index.js';

const tree: LiveTree = {
  ...{ kind: 'train', step: 3, microbatchCount: 8, isCommitted: false },
  nodes: [
    { begin: 0, end: 8, depth: 0, state: 'inner', workers: [] },
    { begin: 0, end: 4, depth: 1, state: 'backed', workers: ['a'] },
    { begin: 4, end: 8, depth: 1, state: 'inner', workers: [] },
    { begin: 0, end: 2, depth: 2, state: 'done', workers: ['b'] },
    { begin: 4, end: 6, depth: 2, state: 'leased', workers: ['b'] },
    { begin: 6, end: 8, depth: 2, state: 'free', workers: [] },
  ],
};

test('layoutTree() gives every node its place in the row of its depth', () => {
  const { blocks, rowCount } = layoutTree(tree);
  expect(rowCount).toBe(3);
  expect(blocks.map(({ key, left, width }) => [key, left, width])).toEqual([
    ...[['0-8', 0, 1] as const, ['0-4', 0, 0.5] as const, ['4-8', 0.5, 0.5] as const],
    ...[['0-2', 0, 0.25] as const, ['4-6', 0.5, 0.25] as const, ['6-8', 0.75, 0.25] as const],
  ]);
});

test('countStates() counts every microbatch once, by the lowest node above it', () => {
  expect(countStates(tree)).toEqual({ done: 2, computed: 4, free: 2 });
});

describe('qrPath()', () => {
  test('covers the dark modules of the library and no others', () => {
    const { data, size } = encode('http://192.168.1.5:7117/volunteer/', { ecc: 'M', border: 0 });
    const drawn = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
    for (const [, x = '', y = '', width = ''] of qrPath(data).matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g)) {
      for (let column = Number(x); column < Number(x) + Number(width); column += 1) {
        const row = drawn[Number(y)];
        expect(row?.[column]).toBe(false);
        if (row !== undefined) row[column] = true;
      }
    }
    expect(drawn).toEqual(data);
  });
});

test('decaySpans() has no gap and no overlap, but where nothing is known', () => {
  const spans = (steps: readonly number[], firstStep = 0): readonly (readonly number[])[] =>
    decaySpans(steps, firstStep).map(({ left, right }) => [left, right]);
  expect(spans([0, 10, 30])).toEqual([
    [-5, 5],
    [5, 20],
    [20, 40],
  ]);
  expect(spans([0, 4000, 4010, 4030], 4000)).toEqual([
    [0, 0],
    [3995, 4005],
    [4005, 4020],
    [4020, 4040],
  ]);
  expect(decaySpans([0, 4000, 4010], 4000).map(({ isAlone }) => isAlone)).toEqual([true, false, false]);
});

test('shadeOf() shows a single neuron and nothing where there is none', () => {
  expect([0, 1].map(shadeOf)).toEqual([0, 1]);
  expect(shadeOf(0.01)).toBeGreaterThan(0.1);
  expect(mostNeurons([])).toBe(1);
  expect(
    mostNeurons([
      { step: 0, counts: [1, 7, 2] },
      { step: 1, counts: [3, 3, 4] },
    ]),
  ).toBe(7);
});

test('WorkerHues gives as many workers as there are hues one each, and keeps it', () => {
  const hues = new WorkerHues();
  const ids = Array.from({ length: hueCount }, (_, index) => `0000000${index % 3}${index}`);
  const given = ids.map((id) => hues.of(id));
  expect(new Set(given).size).toBe(hueCount);
  expect(ids.map((id) => hues.of(id))).toEqual(given);
  expect(hues.of('00000013')).toBe(3);
});
