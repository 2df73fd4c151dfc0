// Programs that nobody thought of: a compiler has to give the interpreter's bits for them too, whatever it fuses.

import { test as property } from '@fast-check/vitest';
import { describe, expect } from 'vitest';

import { createWasmBackend, noFusion } from '../../backends/index.js';
import { bitsOf, interpreter, isNonFinite, type Backend, type Program } from '../../tensor/index.js';
import { choices, magnitudes, randomProgram } from '../tensor/random-programs.js';

/** Output bits, with one pattern for all that is not finite: divergence is a flag, not a value. */
function outputBits(backend: Backend, program: Program, inputs: readonly number[]): readonly number[] {
  const executable = backend.compile(program);
  const outputs = new Float32Array(executable.outputLength);
  executable.load(Float32Array.from(inputs));
  executable.run({ key: [3, 5], firstSequence: 16, sequenceCount: 24 }, outputs);
  return [...outputs].map(bitsOf).map((bits) => (isNonFinite(bits) ? 0x7fc00000 : bits));
}

describe.each([
  ['with everything on', createWasmBackend()],
  ['in small chunks of time', createWasmBackend({ chunkBytes: 64 })],
  ['operation by operation', createWasmBackend({ fusion: noFusion })],
])('WASM %s', (_, backend) => {
  property.prop([choices, magnitudes], { seed: 2027, numRuns: 120 })(
    'gives the bits of random gradient programs',
    (steps, inputs) => {
      const program = randomProgram(steps);
      expect(outputBits(backend, program, inputs)).toEqual(outputBits(interpreter, program, inputs));
    },
  );
});
