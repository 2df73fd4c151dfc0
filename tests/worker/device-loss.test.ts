// A computer whose device is lost, hangs or errs: the lease is given back, and nothing is computed before a new proof.

import { afterEach, describe, expect, it } from 'vitest';
import { wasmBackend, WebGpuError } from '../../backends/index.js';
import {
  benchOf,
  closeComputers,
  countsOf,
  expectSums,
  isProof,
  isRuns,
  lost,
  never,
  program,
  readyBench,
  reference,
  taskOn,
  untilTrue,
} from './device-bench.js';
import { ScriptedDevice, type Script, type SumCall, type TurnedClock } from './scripted-device.js';

afterEach(closeComputers);

describe('DeviceComputer and a device that is lost', () => {
  it('gives the lease back, and proves a new device before it computes the next one', async () => {
    const { computer, devices, said } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) lost();
        },
      },
      {},
    ]);
    const failure = { type: 'computeFailed', code: 'compute-failed', reason: 'the device is lost' };
    expect(await computer.compute(taskOn(0, 4))).toEqual(failure);
    expect(devices.map(({ isKilled }) => isKilled)).toEqual([true]);
    expectSums(await computer.compute(taskOn(0, 4)), { begin: 0, end: 4 });
    const [, second] = devices;
    const firstOfRun = second?.sums.findIndex(isRuns) ?? -1;
    expect(second?.sums.slice(0, firstOfRun).some(isProof)).toBe(true);
    expect(said).toEqual([
      'The device is given up: the device is lost',
      'The device was opened again, and its proof has the same class as before',
    ]);
  });

  it('ends a call that takes longer than the lease may, and opens the device anew', async () => {
    const { computer, clock, devices } = await readyBench([{ onSum: (call) => (isRuns(call) ? never() : undefined) }, {}]);
    const computing = computer.compute(taskOn(0, 4));
    await untilTrue(() => countsOf(devices[0]).length === 1);
    clock.turn(1000);
    expect(await computing).toEqual({
      type: 'computeFailed',
      code: 'compute-failed',
      reason: 'a call took longer than 1000 ms',
    });
    expect(devices[0]?.isKilled).toBe(true);
    expectSums(await computer.compute(taskOn(0, 4)), { begin: 0, end: 4 });
    expect(devices).toHaveLength(2);
    expect(clock.alarmCount).toBe(0);
  });

  it('lets a lease take its time as long as no single call takes too much of it', async () => {
    const bench: { clock?: TurnedClock } = {};
    const onSum = async (call: SumCall): Promise<void> => {
      await Promise.resolve();
      if (isRuns(call)) bench.clock?.turn(600);
    };
    const { computer, clock, devices } = await readyBench([{ onSum }]);
    bench.clock = clock;
    const result = await computer.compute(taskOn(0, 4));
    expectSums(result, { begin: 0, end: 4 });
    expect(result).toMatchObject({ milliseconds: 2400 });
    expect(devices).toHaveLength(1);
  });

  it('is given up for good where the new device computes otherwise', async () => {
    const inexact: Script = {
      onSums: (sums, call) => {
        if (isProof(call)) sums.fill(1);
      },
    };
    const { computer, devices } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) lost();
        },
      },
      inexact,
    ]);
    await computer.compute(taskOn(0, 4));
    expect(await computer.compute(taskOn(0, 4))).toEqual({
      type: 'computeFailed',
      code: 'proof-failed',
      reason: 'Cannot open the device again: unfit arithmetic found, exact wanted',
    });
    expect(devices[1]?.isKilled).toBe(true);
  });

  it('is given up for good where there is no new device', async () => {
    const absent = new WebGpuError('webgpu-absent', 'no adapter found');
    const { computer } = await readyBench([
      {
        onSum: (call) => {
          if (isRuns(call)) lost();
        },
      },
      absent,
    ]);
    await computer.compute(taskOn(0, 4));
    expect(await computer.compute(taskOn(0, 4))).toEqual({
      type: 'computeFailed',
      code: 'proof-failed',
      reason: 'Cannot open the device again: no adapter found',
    });
  });

  it('fails lease after lease, and not without one, where a program loses every device', async () => {
    const { computer, devices } = await readyBench([
      {
        onCompile: (found) => {
          if (found === program) lost();
        },
      },
    ]);
    for (let count = 1; count <= 3; count += 1) {
      expect(await computer.compute(taskOn(0, 4))).toMatchObject({ code: 'compute-failed', reason: 'the device is lost' });
      expect(devices).toHaveLength(count);
    }
  });
});

describe("DeviceComputer, beside the reference on the run's own parameters", () => {
  it('finds a device that errs on them alone', async () => {
    const onSums: Script['onSums'] = (sums, call) => {
      if (isRuns(call)) sums[3] = (sums[3] ?? 0) * (1 + 2 ** -23);
    };
    const { computer, devices } = await readyBench([{ onSums }], { reference: wasmBackend });
    expect(await computer.compute(taskOn(4, 8))).toEqual({
      type: 'computeFailed',
      code: 'proof-failed',
      reason: `Cannot rely on the device: 1 of ${reference.outputLength} sums of microbatch 4 differ from those of wasm`,
    });
    expect(devices[0]?.isKilled).toBe(true);
  });

  it('looks at the first lease of a program and then at every so many', async () => {
    const parts = { reference: wasmBackend, limits: { checkEvery: 2 } };
    const { computer, devices } = await readyBench([{}], parts);
    for (let lease = 0; lease < 4; lease += 1) expectSums(await computer.compute(taskOn(0, 1)), { begin: 0, end: 1 });
    expect(countsOf(devices[0])).toEqual([1, 1, 1, 1, 1, 1]);
  });
});

describe('DeviceComputer.close()', () => {
  it('lets an idle device close, and may be called again', async () => {
    const { computer, devices } = await readyBench([{}]);
    await computer.close();
    await computer.close();
    expect(devices[0]?.isClosed).toBe(true);
  });

  it('ends a device that is computing at once, in silence', async () => {
    const { computer, devices, said } = await readyBench([{ onSum: (call) => (isRuns(call) ? never() : undefined) }]);
    const computing = computer.compute(taskOn(0, 4));
    await untilTrue(() => countsOf(devices[0]).length === 1);
    await computer.close();
    expect(devices[0]?.isKilled).toBe(true);
    expect((await computing).type).toBe('computeFailed');
    expect(said).toEqual([]);
    expect(await computer.compute(taskOn(0, 4))).toMatchObject({ type: 'computeFailed' });
    expect(devices).toHaveLength(1);
  });

  it('ends a device by force that does not close', async () => {
    const { computer, clock, devices } = await readyBench([{ onClose: never }]);
    await computer.compute(taskOn(0, 1));
    const closing = computer.close();
    clock.turn(3000);
    await closing;
    expect(devices[0]?.isKilled).toBe(true);
  });

  it('ends a device that opens after it', async () => {
    const device = new ScriptedDevice();
    let open: (opened: ScriptedDevice) => void = () => undefined;
    const opening = new Promise<ScriptedDevice>((resolve) => {
      open = resolve;
    });
    const { computer } = benchOf([], { open: () => opening });
    const proving = computer.prove();
    const settled = expect(proving).rejects.toThrow('the device was killed');
    await computer.close();
    open(device);
    await settled;
    expect(device.isKilled).toBe(true);
  });
});
