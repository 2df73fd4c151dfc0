// What goes wrong on a GPU: arithmetic that breaks the contract, a device that is lost, a process that ends.

import { createHash } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { ArithmeticFault, WebGpuOptions } from '../../backends/index.js';
import type { ChildDevice } from '../../node-worker/index.js';
import { interpreter, ProgramBuilder, type DeviceExecutable, type Program } from '../../tensor/index.js';
import { fixedVector, runFixed, runFixedOnDevice } from '../../worker/conformance.js';
import { examine, expectedProof, proveDevice } from '../../worker/index.js';
import { proofProgram } from '../../worker/proof-program.js';
import { findLocalDevice } from './local-device.js';

const { open, missing } = await findLocalDevice();
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const devices: ChildDevice[] = [];

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.close()));
});

async function openDevice(options: WebGpuOptions = {}): Promise<ChildDevice> {
  const device = await open(options);
  devices.push(device);
  return device;
}

async function loaded(device: ChildDevice, program: Program): Promise<DeviceExecutable> {
  const executable = await device.compile(program);
  await executable.load(fixedVector(executable.inputLength, 1));
  return executable;
}

const microbatch = { key: [1, 2], firstSequence: 0, sequenceCount: 8 } as const;

async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'nothing went wrong';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : String(error);
  }
}

// Without a device the contract's own test says what is missing.
describe.skipIf(missing !== undefined)('a planted fault is found by the proof', () => {
  test.each<[ArithmeticFault, readonly string[]]>([
    ['contraction', ['matmul', 'scan', 'weightGradient', 'tanh']],
    ['no-flush', ['flush']],
  ])('%s', async (fault, names) => {
    const device = await openDevice({ fault });
    const { class: found, operations } = await examine(device);
    const differing = operations.filter(({ differingCount }) => differingCount > 0).map(({ name }) => name);
    expect(differing).toEqual(expect.arrayContaining([...names]));
    expect(found).not.toBe('exact');
    const proof = await proveDevice(device, sha256);
    expect(proof.conformance).not.toBe(expectedProof.conformance);
    if (fault === 'contraction') expect(proof.microbatch).not.toBe(expectedProof.microbatch);
  });
});

describe.skipIf(missing !== undefined)('openDeviceProcess()', () => {
  test('gives a device whose sums are lost with code webgpu-lost when it is destroyed under load', async () => {
    const device = await openDevice();
    const executable = await loaded(device, proofProgram());
    const sum = executable.sum(microbatch, 512);
    const [code] = await Promise.all([codeOf(sum), device.close()]);
    expect(code).toBe('webgpu-lost');
    expect(await codeOf(executable.sum(microbatch, 1))).toBe('webgpu-lost');
  });

  test('gives a device whose sums are lost with code webgpu-lost when its process is killed', async () => {
    const device = await openDevice();
    const executable = await loaded(device, proofProgram());
    const sum = executable.sum(microbatch, 512);
    device.kill();
    expect(await codeOf(sum)).toBe('webgpu-lost');
    expect(await codeOf(device.compile(proofProgram()))).toBe('webgpu-lost');
    const next = await openDevice();
    expect(await proveDevice(next, sha256)).toEqual(expectedProof);
  });

  test('gives a device that refuses a program whose values are larger than its buffers, and goes on', async () => {
    const device = await openDevice();
    const builder = new ProgramBuilder();
    const large = builder.uniform(8192, 8192);
    builder.output('sum', builder.batchSum(builder.matmul(large, builder.input('w', 1, 8192))));
    await expect(device.compile(builder.build())).rejects.toThrow(
      /Cannot run program on this GPU: \d+ bytes of body memory found, at most \d+ wanted/,
    );
    expect(await codeOf(device.compile(builder.build()))).toBe('webgpu-over-limit');
    const unloaded = await device.compile(proofProgram());
    await expect(unloaded.sum(microbatch, 1)).rejects.toThrow('no inputs found, load() wanted first');
    expect(await runFixedOnDevice(device, proofProgram(), 8)).toEqual(runFixed(interpreter, proofProgram(), 8));
  });

  test('sums in several waves where memory holds few microbatches', async () => {
    const device = await openDevice({ waveBytes: 3 * 2 ** 14 });
    const plenty = await openDevice();
    const sums = await Promise.all(
      [device, plenty].map(async (one) => (await loaded(one, proofProgram())).sum({ ...microbatch, sequenceCount: 16 }, 21)),
    );
    expect(sums[0]).toEqual(sums[1]);
  });

  test('rejects with code webgpu-absent where there is no adapter', async () => {
    const error = await findLocalDevice('nowhere.json').then(({ missing }) => missing);
    expect(error).toContain('Cannot open a GPU: no adapter found, one wanted');
  });
});
