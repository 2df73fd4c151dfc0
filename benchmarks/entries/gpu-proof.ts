// The GPU of this machine: its name, and every operation beside the interpreter.

import { adapterTitle } from '../../backends/index.js';
import { openDeviceProcess } from '../../node-worker/index.js';
import { examine, type ArithmeticClass } from '../../worker/index.js';
import { giveAnswer } from '../child-process.js';

/** What the GPU is. */
export interface GpuProofAnswer {
  readonly adapter: string;
  readonly isSoftware: boolean;
  readonly arithmetic: ArithmeticClass;
  readonly operationCount: number;
  /** Names of the operations that have other bits. */
  readonly differing: readonly string[];
  readonly isProgramEqual: boolean;
}

async function measure(): Promise<GpuProofAnswer> {
  const device = await openDeviceProcess();
  const { class: arithmetic, operations, isProgramEqual } = await examine(device);
  await device.close();
  return {
    adapter: adapterTitle(device.adapter),
    isSoftware: device.adapter.isSoftware,
    arithmetic,
    operationCount: operations.length,
    differing: operations.flatMap(({ name, differingCount }) => (differingCount === 0 ? [] : [name])),
    isProgramEqual,
  };
}

giveAnswer(await measure());
