// The steps of a node's sum, carried out on text: the order of additions has to be the tree's.

import { describe, expect, test } from 'vitest';
import { planWaves, slotCount, waveSize } from '../../../backends/webgpu/wave-plan.js';
import { childrenOf, type TreeNode } from '../../../tensor/index.js';

/** The sum of a node as text, leaves by index. */
function treeText(node: TreeNode): string {
  const children = childrenOf(node);
  return children === undefined ? String(node.begin) : `(${children.map(treeText).join('+')})`;
}

function sumText(count: number, size: number): string {
  const steps = planWaves(count, size);
  const slots: string[] = [];
  for (const step of steps) {
    if (step.type === 'compute') {
      for (let index = 0; index < step.count; index += 1) slots[step.slot + index] = String(step.first + index);
    } else {
      for (let pair = 0; pair < step.pairs; pair += 1) {
        const at = step.slot + 2 * step.span * pair;
        slots[at] = `(${slots[at]!}+${slots[at + step.span]!})`;
      }
    }
  }
  expect(slots.length).toBeLessThanOrEqual(slotCount(steps));
  return slots[0]!;
}

describe('planWaves()', () => {
  test.each([1, 2, 4, 8, 64])('adds in the order of the tree in waves of %i', (size) => {
    for (let count = 1; count <= 70; count += 1) expect(sumText(count, size)).toBe(treeText({ begin: 0, end: count }));
  });

  test('needs few slots beyond those of a wave', () => {
    expect(slotCount(planWaves(1000, 8))).toBeLessThanOrEqual(8 + 8);
  });
});

test('waveSize() is the largest power of two within the bound', () => {
  expect([1, 2, 3, 4, 7, 8, 1000].map(waveSize)).toEqual([1, 2, 2, 4, 4, 8, 512]);
});
