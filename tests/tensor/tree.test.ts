import { expect, test } from 'vitest';

import { addInto, childrenOf, isTreeNode, parentOf, pathTo, splitPoint, sumTree, type TreeNode } from '../../tensor/index.js';

const leafCounts = Array.from({ length: 70 }, (_, index) => index + 1);

/** All nodes of the tree with their parents, from the definition: a range splits at the largest power of two below its size. */
function nodesOf(node: TreeNode, parent?: TreeNode): readonly (readonly [TreeNode, TreeNode | undefined])[] {
  const size = node.end - node.begin;
  if (size === 1) return [[node, parent]];
  const split = 2 ** Math.floor(Math.log2(size - 1));
  const middle = node.begin + split;
  return [
    [node, parent],
    ...nodesOf({ begin: node.begin, end: middle }, node),
    ...nodesOf({ begin: middle, end: node.end }, node),
  ];
}

test.each(leafCounts)('isTreeNode() and parentOf() agree with the definition when there are %i leaves', (leafCount) => {
  const parents = new Map<string, TreeNode | undefined>(
    nodesOf({ begin: 0, end: leafCount }).map(([node, parent]) => [`${node.begin} ${node.end}`, parent] as const),
  );
  expect(parents.size).toBe(2 * leafCount - 1);
  for (let begin = 0; begin < leafCount; begin += 1) {
    for (let end = begin + 1; end <= leafCount; end += 1) {
      const name = `${begin} ${end}`;
      expect(isTreeNode({ begin, end }, leafCount)).toBe(parents.has(name));
      expect(parentOf({ begin, end }, leafCount)).toEqual(parents.get(name));
    }
  }
});

test('splitPoint() is the largest power of two below n', () => {
  expect([2, 3, 4, 5, 8, 9, 64, 65].map(splitPoint)).toEqual([1, 2, 2, 4, 4, 8, 32, 64]);
});

test.each([1, 0, -3, 2.5, Number.NaN])('splitPoint() throws when there are %d leaves', (leafCount) => {
  expect(() => splitPoint(leafCount)).toThrow(RangeError);
});

test('pathTo() leads from the root to the node through parents and children', () => {
  const path = pathTo({ begin: 4, end: 6 }, 7);
  expect(path).toEqual([
    { begin: 0, end: 7 },
    { begin: 4, end: 7 },
    { begin: 4, end: 6 },
  ]);
  expect(childrenOf({ begin: 4, end: 7 })).toEqual([
    { begin: 4, end: 6 },
    { begin: 6, end: 7 },
  ]);
});

test.each([
  { begin: 1, end: 3 },
  { begin: 2, end: 2 },
  { begin: 3, end: 2 },
  { begin: -1, end: 1 },
  { begin: 0, end: 9 },
  { begin: 0.5, end: 1 },
  { begin: Number.NaN, end: 1 },
])('pathTo() gives nothing when $begin … $end is no node', (node) => {
  expect(pathTo(node, 8)).toBeUndefined();
  expect(isTreeNode(node, 8)).toBe(false);
  expect(parentOf(node, 8)).toBeUndefined();
});

test('childrenOf() gives nothing when the node is a leaf', () => {
  expect(childrenOf({ begin: 5, end: 6 })).toBeUndefined();
});

test('sumTree() adds left and right sums, so that its bits differ from those of adding in order', () => {
  const leaves = [1, 2 ** -24, 2 ** -24, 2 ** -24, 2 ** -24];
  const sum = sumTree({ begin: 0, end: 5 }, (index) => Float32Array.of(leaves[index]!));
  // (1 + 2^-24) + (2^-24 + 2^-24) = 1 + 2^-23, plus 2^-24: a tie that goes to the even neighbor 1 + 2^-22.
  expect(sum[0]).toBe(1 + 2 ** -22);
  expect(leaves.reduce((total, leaf) => Math.fround(total + leaf), 0)).toBe(1);
});

test('sumTree() is the same when siblings are merged in any order', () => {
  const leaf = (index: number): Float32Array<ArrayBuffer> => Float32Array.of(Math.fround(Math.sin(index * 12.9898) * 43.758));
  for (const leafCount of leafCounts) {
    const whole = sumTree({ begin: 0, end: leafCount }, leaf);
    // From the leaves upwards, right siblings first.
    const sums = new Map(nodesOf({ begin: 0, end: leafCount }).map(([node]) => [node, undefined as Float32Array | undefined]));
    for (const [node] of [...sums].reverse()) {
      const children = childrenOf(node)?.map((child) =>
        [...sums].find(([at]) => at.begin === child.begin && at.end === child.end),
      );
      const sum = children === undefined ? leaf(node.begin) : Float32Array.from(children[0]![1]!);
      if (children !== undefined) addInto(sum, children[1]![1]!);
      sums.set(node, sum);
    }
    expect(sums.values().next().value).toEqual(whole);
  }
});

test('addInto() throws when the lengths differ', () => {
  expect(() => addInto(new Float32Array(2), new Float32Array(3))).toThrow('Cannot add sums: 3 elements found, 2 wanted');
});

test('addInto() adds every element of vectors of any length, each rounded to f32', () => {
  for (let length = 0; length <= 13; length += 1) {
    const target = Float32Array.from({ length }, (_, index) => 1 + index);
    const source = Float32Array.from({ length }, (_, index) => 0.1 * index + 2 ** -24);
    const wanted = [...target].map((value, index) => Math.fround(value + (source[index] ?? 0)));
    addInto(target, source);
    expect([...target]).toEqual(wanted);
  }
});
