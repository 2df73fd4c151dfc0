// The sum of a lease in a tab: parts may come back in any order.

import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { LeaseSum, type LeasePart } from '../../browser-worker/computing/lease-sum.js';
import { sumNode } from '../../worker/index.js';

/** Three values for each microbatch, whose sum depends on the order of additions. */
const leaf = (index: number): Float32Array =>
  Float32Array.of(1 / (index + 1), Math.fround(1e7 / (3 * index + 1)), -Math.fround(0.1 * index));

function nodeSum(begin: number, end: number): Float32Array {
  const buffers: Float32Array[] = [];
  const target = new Float32Array(3);
  sumNode({ begin, end }, target, {
    runLeaf: (index, outputs) => {
      outputs.set(leaf(index));
      return true;
    },
    bufferAt: (depth) => (buffers[depth] ??= new Float32Array(3)),
  });
  return target;
}

describe('LeaseSum', () => {
  test.prop([fc.integer({ min: 1, max: 70 }), fc.integer({ min: 1, max: 20 }), fc.infiniteStream(fc.nat())], { seed: 31 })(
    'has the bits of the serial sum when parts come back in any order',
    (microbatchCount, taskCount, choices) => {
      const sum = new LeaseSum({ begin: 0, end: microbatchCount }, taskCount);
      const parts: LeasePart[] = [];
      for (let part = sum.take(); part !== undefined; part = sum.take()) parts.push(part);
      expect(parts.length).toBeLessThanOrEqual(2 * taskCount);
      while (parts.length > 0) {
        expect(sum.whole).toBeUndefined();
        const [part] = parts.splice((choices.next().value as number) % parts.length, 1);
        if (part !== undefined) sum.add(part, nodeSum(part.node.begin, part.node.end));
      }
      expect(sum.whole).toEqual(nodeSum(0, microbatchCount));
    },
  );
});
