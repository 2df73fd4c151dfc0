// Random programs of many operations on small shapes: whatever the compiler joins, shares or reuses, the bits stay the interpreter's.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { authoredProgram, randomChoices } from '../random-author.js';
import { differenceOf, fusionChoices } from './same-bits.js';

test.each([20231, 20232, 20233])(
  "random programs have the interpreter's bits, fused or not (seed %i)",
  (seed) => {
    const property = fc.property(randomChoices, ([stream, operations, first]) => {
      const written = authoredProgram(stream, operations);
      const microbatch = { key: [first, 5], firstSequence: first * 8, sequenceCount: 8 * (1 + (first % 3)) } as const;
      expect(differenceOf(written, microbatch, Object.keys(fusionChoices))).toBeUndefined();
    });
    fc.assert(property, { seed, numRuns: 50, endOnFailure: true });
  },
  60_000,
);
