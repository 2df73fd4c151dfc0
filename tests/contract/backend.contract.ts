// What every backend promises (tensor/backend.ts, tensor/device-backend.ts): the bits of the conformance vectors, for any number of
// microbatches in any order. Backends of this thread and devices go through the same tests: the former are wrapped as devices.

import { createHash } from 'node:crypto';

import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { bitsOf, deviceOf, interpreter, type DeviceBackend, type DeviceExecutable } from '../../tensor/index.js';
import { expectedProof, proveDevice } from '../../worker/index.js';
import { readConformanceVectors, type ConformanceVector } from './conformance.js';

const vectors = readConformanceVectors();
const subjects = [...new Set(vectors.map(({ subject }) => subject))];
const vectorOf = (wanted: string): ConformanceVector => vectors.find(({ subject }) => subject === wanted)!;

const bits = (values: Float32Array): readonly number[] => [...values].map(bitsOf);

/** The executable's output bits for a vector, loaded anew. */
async function outputBits(executable: DeviceExecutable, { inputs, microbatch }: ConformanceVector): Promise<readonly number[]> {
  await executable.load(Float32Array.from(inputs));
  return bits(await executable.sum(microbatch, 1));
}

/** Runs the acceptance tests on one backend. */
export function testBackend(name: string, open: () => Promise<DeviceBackend>): void {
  describe(`backend ${name}`, () => {
    let backend: DeviceBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());

    describe.each(subjects)('%s', (subject) => {
      test.each(vectors.filter((vector) => vector.subject === subject))('$name', async (vector) => {
        const executable = await backend.compile(vector.program);
        expect(executable.inputLength).toBe(vector.inputs.length);
        expect(executable.outputLength).toBe(vector.outputs.length);
        expect(await outputBits(executable, vector)).toEqual(vector.outputs);
        executable.close();
      });
    });

    test.each(['lstm', 'softmax-attention', 'gated-rnn-last', 'scan'])(
      'gives the same bits again after other inputs and another microbatch (%s)',
      async (subject) => {
        for (const vector of vectors.filter((one) => one.subject === subject)) {
          const executable = await backend.compile(vector.program);
          const other = {
            ...vector,
            inputs: vector.inputs.map((x) => x / 2),
            microbatch: { ...vector.microbatch, firstSequence: 0 },
          };
          expect(await outputBits(executable, vector)).toEqual(vector.outputs);
          await outputBits(executable, other);
          expect(await outputBits(executable, vector)).toEqual(vector.outputs);
          executable.close();
        }
      },
    );

    test('loads once for many microbatches', async () => {
      const vector = vectorOf('gated-rnn-all');
      const executable = await backend.compile(vector.program);
      await executable.load(Float32Array.from(vector.inputs));
      for (const firstSequence of [0, 8, 4096]) await executable.sum({ ...vector.microbatch, firstSequence }, 1);
      expect(bits(await executable.sum(vector.microbatch, 1))).toEqual(vector.outputs);
      executable.close();
    });

    test('keeps two executables of one program apart', async () => {
      const vector = vectorOf('lstm');
      const [first, second] = [await backend.compile(vector.program), await backend.compile(vector.program)];
      await first.load(Float32Array.from(vector.inputs));
      await second.load(Float32Array.from(vector.inputs, (x) => x / 4));
      await second.sum(vector.microbatch, 1);
      expect(bits(await first.sum(vector.microbatch, 1))).toEqual(vector.outputs);
      first.close();
      second.close();
    });

    test.each([2, 3, 5, 8, 13])('sums %i microbatches in the order of the tree', async (microbatchCount) => {
      const { program, inputs, microbatch } = vectorOf('gated-rnn-last');
      const sums = await Promise.all(
        [backend, deviceOf(interpreter)].map(async (one) => {
          const executable = await one.compile(program);
          await executable.load(Float32Array.from(inputs));
          const sum = await executable.sum(microbatch, microbatchCount);
          executable.close();
          return bits(sum);
        }),
      );
      expect(sums[0]).toEqual(sums[1]);
    });

    test('proves the class exact', async () => {
      const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
      expect(await proveDevice(backend, sha256)).toEqual(expectedProof);
    });

    test('refuses inputs of another length and microbatches that are not groups of eight', async () => {
      const { program, inputs, microbatch } = vectorOf('scan');
      const executable = await backend.compile(program);
      await expect(executable.load(new Float32Array(inputs.length + 1))).rejects.toThrow(
        `${inputs.length + 1} elements found, ${inputs.length} wanted`,
      );
      await executable.load(Float32Array.from(inputs));
      await expect(executable.sum({ ...microbatch, sequenceCount: 12 }, 1)).rejects.toThrow(
        '12 sequences found, a multiple of 8 wanted',
      );
      executable.close();
    });
  });
}
