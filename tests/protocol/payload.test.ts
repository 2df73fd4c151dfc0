import { describe, expect, test } from 'vitest';
import type { Contribution, ProgramEntry } from '../../protocol/index.js';
import { bytesOfFloats, coordinatorPayloadLengths, floatsOfBytes, workerPayloadLengths } from '../../protocol/index.js';

const digest = 'ab'.repeat(32);
const programs: readonly ProgramEntry[] = [
  { role: 'train', sha256: digest, byteLength: 100, inputLength: 5, outputLength: 7 },
  { role: 'evaluate', sha256: 'cd'.repeat(32), byteLength: 90, inputLength: 5, outputLength: 2 },
];
const parameters = { type: 'parameters', sha256: digest, step: 0 } as const;

describe('floatsOfBytes()', () => {
  test('views a payload in place when its memory is aligned', () => {
    const payload = new Uint8Array(16).subarray(8);
    const floats = floatsOfBytes(payload);
    expect([floats.buffer === payload.buffer, floats.byteOffset, floats.length]).toEqual([true, 8, 2]);
  });

  test('copies a payload when its memory is not aligned', () => {
    const payload = new Uint8Array(9).subarray(1);
    payload.set(bytesOfFloats(Float32Array.of(1.5, -0)));
    expect([...floatsOfBytes(payload)]).toEqual([1.5, -0]);
  });

  test('throws a RangeError when the last number is broken', () => {
    expect(() => floatsOfBytes(new Uint8Array(6))).toThrow(
      new RangeError('Cannot read floats: found 6 bytes, wanted a multiple of 4'),
    );
  });
});

describe('bytesOfFloats()', () => {
  test('keeps every bit', () => {
    const bits = Uint32Array.of(0x7fc0_1234, 0x8000_0000, 0x0000_0001, 0x3f80_0000);
    const floats = new Float32Array(bits.buffer);
    expect(floatsOfBytes(Uint8Array.from(bytesOfFloats(floats))).buffer).toEqual(bits.buffer);
  });
});

describe('payload lengths', () => {
  test('workerPayloadLengths() follows the programs of the welcome', () => {
    const lengths = workerPayloadLengths(programs);
    expect(lengths(parameters)).toEqual([20, 20]);
    expect(lengths({ type: 'program', sha256: digest })).toEqual([100]);
    expect(lengths({ type: 'program', sha256: 'ef'.repeat(32) })).toEqual([]);
  });

  test('workerPayloadLengths() accepts nothing before the welcome', () => {
    expect(workerPayloadLengths([])(parameters)).toEqual([]);
  });

  test('coordinatorPayloadLengths() accepts the outputs of any program', () => {
    expect(coordinatorPayloadLengths(programs)({ type: 'contribution' } as Contribution)).toEqual([28, 8]);
    expect(coordinatorPayloadLengths(programs)(parameters)).toEqual([]);
  });
});
