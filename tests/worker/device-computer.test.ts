// A computer on a device: its proof, its sums, and programs that do not fit.

import { afterEach, describe, expect, it } from 'vitest';
import { WebGpuError } from '../../backends/index.js';
import { ProgramBuilder } from '../../tensor/index.js';
import { expectedProof } from '../../worker/index.js';
import {
  benchOf,
  bytesOf,
  closeComputers,
  countsOf,
  expectSums,
  isProof,
  isRuns,
  never,
  parametersOf,
  program,
  readyBench,
  taskOn,
  untilTrue,
} from './device-bench.js';
import type { Script, SumCall, TurnedClock } from './scripted-device.js';

afterEach(closeComputers);

describe('DeviceComputer.prove()', () => {
  it('gives the digests of the contract and calls the device exact', async () => {
    await expect(benchOf([{}]).computer.prove()).resolves.toEqual({ proof: expectedProof, arithmetic: 'exact' });
  });

  it('calls a device unfit whose whole program is far off, and gives its digests', async () => {
    const onSums: Script['onSums'] = (sums, call) => {
      if (isProof(call)) sums.fill(1);
    };
    const { proof, arithmetic } = await benchOf([{ onSums }]).computer.prove();
    expect(arithmetic).toBe('unfit');
    expect(proof).toMatchObject({ conformance: expectedProof.conformance });
    expect(proof.microbatch).not.toBe(expectedProof.microbatch);
  });

  it('calls a device tolerant whose whole program is a little off', async () => {
    const onSums: Script['onSums'] = (sums, call) => {
      if (isProof(call)) sums[0] = (sums[0] ?? 0) * (1 + 2 ** -22);
    };
    expect((await benchOf([{ onSums }]).computer.prove()).arithmetic).toBe('tolerant');
  });

  it('rejects where there is no device, and where the device does not answer', async () => {
    await expect(benchOf([new WebGpuError('webgpu-absent', 'no adapter')]).computer.prove()).rejects.toThrow('no adapter');
    const { computer, clock, devices } = benchOf([{ onSum: never }]);
    const proving = computer.prove();
    const settled = expect(proving).rejects.toThrow('opening and proving took longer than 120000 ms');
    await untilTrue(() => devices[0]?.sums.length === 1);
    clock.turn(120_000);
    await settled;
    expect(devices[0]?.isKilled).toBe(true);
  });
});

describe('DeviceComputer.compute()', () => {
  it.each([
    [0, 1],
    [0, 16],
    [16, 29],
    [8, 9],
  ])('sums the node [%i, %i) with the serial bits', async (begin, end) => {
    const { computer } = await readyBench([{}]);
    expectSums(await computer.compute(taskOn(begin, end)), { begin, end });
    expectSums(await computer.compute(taskOn(begin, end)), { begin, end });
  });

  it('cuts a lease where it takes long, and no more than that', async () => {
    const bench: { clock?: TurnedClock } = {};
    const onSum = (call: SumCall): void => {
      if (isRuns(call)) bench.clock?.turn(30 * call.microbatchCount);
    };
    const { computer, clock, devices } = await readyBench([{ onSum }], { limits: { partMilliseconds: 100 } });
    bench.clock = clock;
    const result = await computer.compute(taskOn(0, 8));
    expectSums(result, { begin: 0, end: 8 });
    expect(result).toMatchObject({ milliseconds: 240 });
    // One to begin with; then 100 ms are enough for three, and nodes have one, two or four.
    expect(countsOf(devices[0])).toEqual([1, 1, 2, 2, 2]);
    const quick = await readyBench([{}]);
    await quick.computer.compute(taskOn(0, 8));
    await quick.computer.compute(taskOn(8, 16));
    expect(countsOf(quick.devices[0])).toEqual([1, 1, 2, 4, 8]);
  });

  it('hears a cancel between two parts and goes on with the next task', async () => {
    const bench: { cancel?: () => void } = {};
    const { computer, devices } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) bench.cancel?.();
        },
      },
    ]);
    const task = taskOn(0, 8);
    bench.cancel = () => computer.cancel(task.taskId);
    expect(await computer.compute(task)).toEqual({ type: 'computeCancelled' });
    expect(countsOf(devices[0])).toEqual([1]);
    expectSums(await computer.compute(taskOn(0, 2)), { begin: 0, end: 2 });
  });

  it('loads parameters once for each version, and a running task keeps its own', async () => {
    const bench: { change?: () => void } = {};
    const { computer, devices } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) bench.change?.();
        },
      },
    ]);
    bench.change = () => computer.loadParameters(bytesOf(parametersOf(2)));
    expectSums(await computer.compute(taskOn(0, 4)), { begin: 0, end: 4 });
    delete bench.change;
    expectSums(await computer.compute(taskOn(0, 4)), { begin: 0, end: 4 }, parametersOf(2));
    expectSums(await computer.compute(taskOn(4, 8)), { begin: 4, end: 8 }, parametersOf(2));
    const loads = devices[0]?.loads.filter((load) => load.program === program && load.inputs.some((value) => value !== 0));
    expect(loads?.map(({ inputs }) => inputs)).toEqual([parametersOf(1), parametersOf(2)]);
  });

  it('fails a task whose program was never loaded', async () => {
    const { computer } = await readyBench([{}]);
    expect(await computer.compute(taskOn(0, 1, { programSha256: 'unknown-program' }))).toEqual({
      type: 'computeFailed',
      code: 'compute-failed',
      reason: 'program unknown- is not loaded',
    });
  });
});

describe('DeviceComputer and a program that the device cannot run', () => {
  const tooLarge = (): never => {
    throw new WebGpuError('webgpu-over-limit', '9 bytes found, at most 8 wanted');
  };
  const rejected = { type: 'computeFailed', code: 'program-rejected', reason: '9 bytes found, at most 8 wanted' };

  it('refuses it where it cannot be compiled, and computes others', async () => {
    const other = new ProgramBuilder();
    other.output('sum', other.batchSum(other.uniform(1, 1)));
    const { computer, devices } = await readyBench([
      {
        onCompile: (found) => {
          if (found === program) tooLarge();
        },
      },
    ]);
    computer.loadProgram('other', other.build());
    expect(await computer.compute(taskOn(0, 4))).toEqual(rejected);
    computer.loadParameters(new Uint8Array(0));
    expect((await computer.compute(taskOn(0, 4, { programSha256: 'other' }))).type).toBe('computed');
    expect(devices).toHaveLength(1);
  });

  it('tries it when it is loaded, so that no lease is needed to find out', async () => {
    const failing = (call: SumCall): void => {
      if (call.program === program) throw new WebGpuError('webgpu-failed', 'a kernel was refused');
    };
    const { computer, devices } = await readyBench([{ onSum: failing }]);
    await untilTrue(() => devices[0]?.closed.includes(program) === true);
    expect(await computer.compute(taskOn(0, 4))).toEqual({ ...rejected, reason: 'a kernel was refused' });
    expect(devices[0]?.loads.filter((load) => load.program === program)).toHaveLength(1);
  });

  it('refuses it where the sum of a lease does not fit', async () => {
    const { computer } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) tooLarge();
        },
      },
    ]);
    expect(await computer.compute(taskOn(0, 4))).toEqual(rejected);
  });
});

describe('DeviceComputer.unloadProgram()', () => {
  it('gives memory back when the running task no longer needs it', async () => {
    const bench: { meanwhile?: () => void } = {};
    const { computer, devices } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) bench.meanwhile?.();
        },
      },
    ]);
    bench.meanwhile = () => {
      computer.unloadProgram('program');
      expect(devices[0]?.closed).not.toContain(program);
      delete bench.meanwhile;
    };
    expectSums(await computer.compute(taskOn(0, 4)), { begin: 0, end: 4 });
    await untilTrue(() => devices[0]?.closed.includes(program) === true);
    expect(await computer.compute(taskOn(0, 4))).toMatchObject({ reason: 'program program is not loaded' });
  });
});
