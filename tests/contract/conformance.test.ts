// The conformance vectors themselves: complete, clean, and confirmed by a second machine.

import { expect, test } from 'vitest';

import { bitsOf, isNonFinite } from '../../tensor/index.js';
import { operationNames } from '../tensor/operation-names.js';
import { flushing, strict, vigilant } from '../tensor/arithmetics.js';
import { runOn } from '../tensor/second-machine.js';
import { conformanceCases, readConformanceVectors, vectorFile, vectorText } from './conformance.js';

const subjects = [...new Set(conformanceCases.map(({ subject }) => subject))];

test.each(subjects)('the vectors of %s are what the interpreter computes', async (subject) => {
  const text = vectorText(conformanceCases.filter((one) => one.subject === subject));
  await expect(text).toMatchFileSnapshot(vectorFile(subject));
});

const vectors = readConformanceVectors();

test('every operation has vectors, whose programs use it', () => {
  expect(operationNames.filter((name) => !subjects.includes(name))).toEqual([]);
  const strangers = vectors.filter(
    ({ subject, program }) => operationNames.includes(subject) && !program.operations.some(({ op }) => op === subject),
  );
  expect(strangers.map(({ subject, name }) => `${subject}: ${name}`)).toEqual([]);
});

test('no file is left over from a subject that is gone', () => {
  expect([...new Set(vectors.map(({ subject }) => subject))]).toEqual(
    subjects.toSorted((a, b) => (vectorFile(a) < vectorFile(b) ? -1 : 1)),
  );
});

test.each(subjects)(
  'the vectors of %s are finite, without subnormal numbers on the way, and the same on a second machine',
  (subject) => {
    for (const { program, inputs, microbatch, outputs } of vectors.filter((vector) => vector.subject === subject)) {
      expect([...inputs.map(bitsOf), ...outputs].some(isNonFinite)).toBe(false);
      for (const arithmetic of [strict, flushing, vigilant]) {
        expect(runOn(arithmetic, program, { inputs, microbatch }).map(bitsOf)).toEqual(outputs);
      }
    }
  },
);
