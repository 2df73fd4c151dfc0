// What every backend promises (tensor/backend.ts): the bits of the conformance vectors, for any number of microbatches in any order.

import { describe, expect, test } from 'vitest';

import { bitsOf, type Backend } from '../../tensor/index.js';
import { readConformanceVectors, type ConformanceVector } from './conformance.js';

const vectors = readConformanceVectors();
const subjects = [...new Set(vectors.map(({ subject }) => subject))];

const poison = Number.NaN;
const bits = (values: Float32Array): readonly number[] => [...values].map(bitsOf);

/** The executable's output bits for a vector, loaded anew. */
function outputBits(
  executable: ReturnType<Backend['compile']>,
  { inputs, microbatch, outputs }: ConformanceVector,
): readonly number[] {
  const found = new Float32Array(outputs.length).fill(poison);
  executable.load(Float32Array.from(inputs));
  executable.run(microbatch, found);
  return bits(found);
}

/** Runs the acceptance tests on one backend. */
export function testBackend(backend: Backend): void {
  describe(`backend ${backend.name}`, () => {
    describe.each(subjects)('%s', (subject) => {
      test.each(vectors.filter((vector) => vector.subject === subject))('$name', (vector) => {
        const executable = backend.compile(vector.program);
        expect(executable.inputLength).toBe(vector.inputs.length);
        expect(executable.outputLength).toBe(vector.outputs.length);
        expect(outputBits(executable, vector)).toEqual(vector.outputs);
      });
    });

    test('gives the same bits again after other inputs and another microbatch', () => {
      for (const vector of vectors.filter(({ subject }) =>
        ['lstm', 'softmax-attention', 'gated-rnn-last', 'scan'].includes(subject),
      )) {
        const executable = backend.compile(vector.program);
        const other = {
          ...vector,
          inputs: vector.inputs.map((x) => x / 2),
          microbatch: { ...vector.microbatch, firstSequence: 0 },
        };
        expect(outputBits(executable, vector)).toEqual(vector.outputs);
        outputBits(executable, other);
        expect(outputBits(executable, vector)).toEqual(vector.outputs);
      }
    });

    test('loads once for many microbatches', () => {
      const vector = vectors.find(({ subject }) => subject === 'gated-rnn-all')!;
      const executable = backend.compile(vector.program);
      executable.load(Float32Array.from(vector.inputs));
      const outputs = new Float32Array(vector.outputs.length);
      for (const firstSequence of [0, 8, 4096, vector.microbatch.firstSequence])
        executable.run({ ...vector.microbatch, firstSequence }, outputs);
      expect(bits(outputs)).toEqual(vector.outputs);
    });

    test('keeps two executables of one program apart', () => {
      const vector = vectors.find(({ subject }) => subject === 'lstm')!;
      const [first, second] = [backend.compile(vector.program), backend.compile(vector.program)];
      first.load(Float32Array.from(vector.inputs));
      second.load(Float32Array.from(vector.inputs, (x) => x / 4));
      const outputs = new Float32Array(vector.outputs.length);
      second.run(vector.microbatch, outputs);
      first.run(vector.microbatch, outputs);
      expect(bits(outputs)).toEqual(vector.outputs);
    });
  });
}
