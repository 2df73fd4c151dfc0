// A device beside the interpreter: what counts as exact, as close, as neither.

import { describe, expect, it } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { bitsOf, deviceOf, floatOf, interpreter, type DeviceBackend, type Floats } from '../../tensor/index.js';
import { conformanceCases } from '../../worker/conformance.js';
import { examine, ulpsBetween } from '../../worker/examination.js';

/** The interpreter, whose results are tampered with. */
function tampered(change: (sums: Floats) => void): DeviceBackend {
  const device = deviceOf(interpreter);
  return {
    ...device,
    compile: async (program) => {
      const executable = await device.compile(program);
      return {
        ...executable,
        sum: async (...microbatches) => {
          const sums = await executable.sum(...microbatches);
          change(sums);
          return sums;
        },
      };
    },
  };
}

const moveByUlps = (sums: Floats, ulps: number): void => {
  sums[0] = floatOf(bitsOf(sums[0] ?? 0) + ulps);
};

describe('examine()', () => {
  it('finds the compiled backend exact in every operation', async () => {
    const { class: found, operations, isProgramEqual, programDistance } = await examine(deviceOf(wasmBackend));
    expect(found).toBe('exact');
    expect(operations.map(({ name }) => name)).toEqual(conformanceCases().map(({ name }) => name));
    expect(operations.every(({ differingCount, mostUlps }) => differingCount === 0 && mostUlps === 0)).toBe(true);
    expect([isProgramEqual, programDistance]).toEqual([true, 0]);
  });

  it('calls a device tolerant whose results are a few units off, and unfit beyond', async () => {
    const near = await examine(tampered((sums) => moveByUlps(sums, 1)));
    expect(near.class).toBe('tolerant');
    expect(near.operations[0]).toMatchObject({ differingCount: 1, mostUlps: 1 });
    expect((await examine(tampered((sums) => moveByUlps(sums, 9)))).class).toBe('unfit');
  });

  it('calls a device unfit that gives no numbers', async () => {
    const { class: found, operations, programDistance } = await examine(tampered((sums) => void sums.fill(Number.NaN)));
    expect(found).toBe('unfit');
    expect(operations[0]?.mostUlps).toBe(Infinity);
    expect(programDistance).toBe(Infinity);
  });
});

describe('ulpsBetween()', () => {
  it.each([
    [1, 1, 0],
    [1, 1 + 2 ** -23, 1],
    [0, -0, 1],
    [floatOf(1), -floatOf(1), 3],
    [1, Number.NaN, Infinity],
  ])('of %d and %d is %d', (a, b, ulps) => {
    expect(ulpsBetween(a, b)).toBe(ulps);
    expect(ulpsBetween(b, a)).toBe(ulps);
  });
});
