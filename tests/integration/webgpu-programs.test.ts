// Whole programs on a GPU: models as they are trained, and programs that nobody thought of. The bits are those of WebAssembly.

import { test as property } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  bindOptimizer,
  buildEvaluationProgram,
  buildTrainingProgram,
  buildUpdateProgram,
  optimizerSchema,
} from '../../learning/index.js';
import { floatOf, noSequences, ProgramBuilder, type DeviceBackend, type Microbatch, type Program } from '../../tensor/index.js';
import { authoredProgram, randomChoices } from '../backends/random-author.js';
import { expectBitsOfWasm, outputBits, reference } from '../backends/device-bits.js';
import { learnerOf, models, regression, teacher } from '../backends/models.js';
import { numbersFrom } from '../backends/wasm/same-bits.js';
import { choices, magnitudes, randomProgram } from '../tensor/random-programs.js';
import { readConformanceVectors } from '../contract/conformance.js';
import { findLocalDevice } from './local-device.js';

const { open, missing } = await findLocalDevice();
let device: DeviceBackend;

const expectSameBits = (program: Program, microbatch: Microbatch, microbatchCount: number, on = device): Promise<void> =>
  expectBitsOfWasm(on, program, { microbatch, microbatchCount });

// Without a device the contract's own test says what is missing.
describe.skipIf(missing !== undefined)('on a GPU', () => {
  beforeAll(async () => {
    device = await open();
  });
  afterAll(() => device.close());

  describe.each(Object.entries(models))('%s', (_, model) => {
    test('trains with the bits of WebAssembly', async () => {
      const microbatch = { key: [1, 2], firstSequence: 24, sequenceCount: 16 } as const;
      await expectSameBits(buildTrainingProgram(learnerOf(regression, model)), microbatch, 3);
      await expectSameBits(buildTrainingProgram(learnerOf(teacher, model)), microbatch, 1);
    });
    test('is evaluated with the bits of WebAssembly', async () => {
      const microbatch = { key: [5, 6], firstSequence: 0, sequenceCount: 24 } as const;
      await expectSameBits(buildEvaluationProgram(learnerOf(regression, model)), microbatch, 2);
    });
  });

  test('wide regions have the bits of WebAssembly', async () => {
    const wide = await open({ wideRegionColumns: 1 });
    const microbatch = { key: [7, 8], firstSequence: 8, sequenceCount: 24 } as const;
    // 36 columns of gates: more than a workgroup has invocations for a sequence.
    const program = buildTrainingProgram(learnerOf(regression, { name: 'lstm', hidden: 9 }));
    await expectSameBits(program, microbatch, 3, wide);
    for (const vector of readConformanceVectors().filter(({ subject }) => subject === 'delay'))
      await expectSameBits(vector.program, microbatch, 1, wide);
    await wide.close();
  });

  test.each(['sgd', 'adam', 'adamw'])('an update by %s has the bits of WebAssembly', async (name) => {
    const { parameters } = learnerOf(regression, { name: 'gated-rnn', hidden: 7 });
    const program = buildUpdateProgram(parameters, { optimizer: bindOptimizer(optimizerSchema.parse({ name })), clip: 1 });
    await expectSameBits(program, noSequences, 1);
  });

  test('quotients and roots are rounded once over the whole range of magnitudes', async () => {
    const count = 2 ** 16;
    const next = numbersFrom(7);
    const word = (): number => Math.floor(next() * 2 ** 32);
    // Every fourth pair has neighboring mantissas, whose quotients are close to 1.
    const x = Array.from({ length: count }, () => (word() & 0x807fffff) | ((1 + (word() % 254)) << 23));
    const y = x.map((bits, index) =>
      index % 4 === 0 ? bits ^ (word() & 0x807) : (word() & 0x807fffff) | ((1 + (word() % 254)) << 23),
    );
    const builder = new ProgramBuilder({ flushExponent: -126 });
    const [a, b] = [builder.input('x', 256, 256), builder.input('y', 256, 256)];
    builder.output('quotient', builder.divide(a, b));
    builder.output('root', builder.sqrt(builder.absolute(a)));
    const inputs = Float32Array.from([...x, ...y], (bits) => floatOf(bits >>> 0));
    const run = { inputs, microbatch: noSequences, microbatchCount: 1 };
    const [found, wanted] = [await outputBits(device, builder.build(), run), await outputBits(reference, builder.build(), run)];
    expect(found.filter((bits, index) => bits !== wanted[index])).toEqual([]);
  });

  property.prop([choices, magnitudes], { seed: 2028, numRuns: 16 })(
    'random gradient programs have the bits of WebAssembly',
    async (steps, inputs) => {
      const run = {
        inputs: Float32Array.from(inputs),
        microbatch: { key: [3, 5], firstSequence: 16, sequenceCount: 24 },
        microbatchCount: 1,
      } as const;
      const program = randomProgram(steps);
      expect(await outputBits(device, program, run)).toEqual(await outputBits(reference, program, run));
    },
  );

  property.prop([randomChoices], { seed: 2029, numRuns: 16 })(
    'random programs of many views have the bits of WebAssembly',
    async ([stream, operations, first]) => {
      const program = authoredProgram(stream, operations);
      const microbatch = { key: [first, 5], firstSequence: first * 8, sequenceCount: 8 * (1 + (first % 3)) } as const;
      await expectSameBits(program, microbatch, 1 + (first % 4));
    },
  );
});
