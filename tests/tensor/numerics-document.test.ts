// docs/numerics.md is complete: what the code computes with stands in it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { describe, expect, test } from 'vitest';

import * as tensor from '../../tensor/index.js';
import { bitsOf, floatOf, numberLanes, type LaneArithmetic } from '../../tensor/index.js';
import { expectedProof } from '../../worker/index.js';
import { operationNames } from './operation-names.js';

const file = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../docs/numerics.md');
const document = readFileSync(file, 'utf8');

test('every operation has its place in the table of operations', () => {
  const start = document.indexOf('## Operations');
  const table = document.slice(start, document.indexOf('\n## ', start + 1));
  const named = new Set([...table.matchAll(/`(\w+)`/g)].map((match) => match[1]));
  expect(operationNames.filter((name) => !named.has(name))).toEqual([]);
});

describe('every constant is in the steps of its function', () => {
  /** Numbers that the text writes as such: small integers, halves, masks and shifts of bits. */
  const isPlain = (pattern: number): boolean =>
    pattern < 2 ** 16 || pattern >= 0x7fffffff || (Number.isInteger(2 * floatOf(pattern)) && Math.abs(floatOf(pattern)) < 256);

  test.each(['exp', 'log', 'tanh', 'sigmoid', 'sin', 'cos'] as const)('%s', (name) => {
    const used = new Set<number>();
    const recording: LaneArithmetic<number> = {
      ...numberLanes,
      bits: (pattern) => {
        used.add(pattern);
        return numberLanes.bits(pattern);
      },
    };
    tensor[name](recording, bitsOf(0.3));
    // A clamp has its limit with either sign; the document has the magnitude.
    const magnitudes = [...used].filter((pattern) => !isPlain(pattern));
    const missing = magnitudes.filter(
      (pattern) =>
        ![pattern, (pattern ^ 0x80000000) >>> 0].some((either) => document.includes(`0x${either.toString(16).padStart(8, '0')}`)),
    );
    expect(used.size).toBeGreaterThan(5);
    expect(missing.map((pattern) => pattern.toString(16))).toEqual([]);
  });
});

test('the digests of the proof are those that workers are compared with', () => {
  expect(document).toContain(expectedProof.conformance);
  expect(document).toContain(expectedProof.microbatch);
});
