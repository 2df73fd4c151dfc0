// A device beside WebAssembly, whose bits it has to have.

import { expect } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import { bitsOf, deviceOf, isNonFinite, type DeviceBackend, type Microbatch, type Program } from '../../tensor/index.js';
import { inputsFrom } from './wasm/same-bits.js';

/** WebAssembly as a device. */
export const reference = deviceOf(wasmBackend);

/** What a device is to compute. */
export interface DeviceRun {
  readonly inputs: Float32Array;
  readonly microbatch: Microbatch;
  readonly microbatchCount: number;
}

/** Output bits, with one pattern for all that is not finite: divergence is a flag, not a value. */
export async function outputBits(backend: DeviceBackend, program: Program, run: DeviceRun): Promise<readonly number[]> {
  const executable = await backend.compile(program);
  await executable.load(run.inputs);
  const sums = await executable.sum(run.microbatch, run.microbatchCount);
  executable.close();
  return [...sums].map(bitsOf).map((bits) => (isNonFinite(bits) ? 0x7fc00000 : bits));
}

/** Fails where a program on some inputs has other bits on a device than in WebAssembly. */
export async function expectBitsOfWasm(
  device: DeviceBackend,
  program: Program,
  { microbatch, microbatchCount }: Omit<DeviceRun, 'inputs'>,
): Promise<void> {
  const length = program.inputs.reduce((sum, { rows, columns }) => sum + rows * columns, 0);
  const run = { inputs: inputsFrom(length, length), microbatch, microbatchCount };
  expect(await outputBits(device, program, run)).toEqual(await outputBits(reference, program, run));
}
