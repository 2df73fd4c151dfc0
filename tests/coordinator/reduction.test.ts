import { expect, test } from 'vitest';
import { FreeNodes } from '../../coordinator/core/free-nodes.js';
import { Pace } from '../../coordinator/core/pace.js';
import { Reduction } from '../../coordinator/core/reduction.js';
import type { TreeNode } from '../../tensor/index.js';
import { toySum } from './toy-run.js';

const accept = (reduction: Reduction, begin: number, end: number): TreeNode =>
  reduction.accept({ begin, end, workerId: `${begin}-${end}`, sha256: '' }, toySum({ begin, end }));

test('accept() merges siblings at once and holds few sums when leaves come in order', () => {
  const reduction = new Reduction(1000);
  let most = 0;
  for (let leaf = 0; leaf < 1000; leaf++) {
    accept(reduction, leaf, leaf + 1);
    most = Math.max(most, reduction.heldCount);
  }
  expect(most).toBeLessThanOrEqual(10);
  expect(reduction.root?.sum).toEqual(toySum({ begin: 0, end: 1000 }));
});

test('accept() gives the largest node that is complete', () => {
  const reduction = new Reduction(13);
  expect(accept(reduction, 12, 13)).toMatchObject({ begin: 12, end: 13 });
  expect(accept(reduction, 8, 12)).toMatchObject({ begin: 8, end: 13 });
  expect(reduction.covers({ begin: 9, end: 10 })).toBe(true);
  expect(reduction.covers({ begin: 0, end: 13 })).toBe(false);
  expect(accept(reduction, 0, 8)).toMatchObject({ begin: 0, end: 13 });
});

test('accept() supersedes the parts of a node that others had computed', () => {
  const reduction = new Reduction(8);
  accept(reduction, 4, 6);
  accept(reduction, 0, 4);
  accept(reduction, 4, 8);
  expect(reduction.root?.contributions.map(({ workerId }) => workerId)).toEqual(['0-4', '4-8']);
  expect(reduction.root?.sum).toEqual(toySum({ begin: 0, end: 8 }));
});

test('give() frees only what is not covered, and nothing twice', () => {
  const free = new FreeNodes();
  free.give({ begin: 0, end: 8 }, [{ begin: 2, end: 3 }]);
  expect(free.microbatchCount).toBe(7);
  free.give({ begin: 0, end: 8 }, []);
  expect(free.microbatchCount).toBe(8);
  const taken = [8, 4, 2, 1, 1, 1].map((size) => free.take(size, []));
  expect(taken).toEqual([{ begin: 4, end: 8 }, { begin: 0, end: 2 }, { begin: 2, end: 3 }, { begin: 3, end: 4 }, undefined, undefined]); // prettier-ignore
});

test('take() cuts a large node from its left and passes over excluded ones', () => {
  const free = new FreeNodes();
  free.give({ begin: 0, end: 16 }, []);
  expect(free.take(4, [])).toEqual({ begin: 0, end: 4 });
  expect(free.take(4, [{ begin: 5, end: 6 }])).toEqual({ begin: 8, end: 12 });
  free.remove({ begin: 8, end: 16 });
  expect(free.take(8, [])).toEqual({ begin: 4, end: 8 });
  expect(free.isEmpty).toBe(true);
});

test('estimate is the median and its deviation over the last arrivals', () => {
  const pace = new Pace();
  expect(pace.estimate).toBeUndefined();
  pace.add(500, 1, 1000);
  for (let index = 0; index < 31; index++) pace.add(index % 2 === 0 ? 20 : 24, 2, 2000);
  expect(pace.estimate).toEqual({ median: 10, deviation: 0 });
  pace.add(0, 1, 3000);
  expect(pace.estimate?.median).toBe(10);
  expect(pace.measuredAt).toBe(3000);
});
