// What a worker on this machine may compute with: its processor or its GPU.

import { createHash } from 'node:crypto';
import { adapterTitle, wasmBackend, WebGpuError } from '../backends/index.js';
import type { Hello } from '../protocol/index.js';
import { DeviceComputer, type ArithmeticClass, type Computer } from '../worker/index.js';
import type { BackendName } from './backends-by-name.js';
import { ComputePool } from './compute-pool.js';
import { openDeviceProcess, type ChildDevice, type DeviceProcessOptions } from './device-child.js';
import { nodeTimers } from './timers.js';

type Log = (level: 'info' | 'warning', text: string) => void;

/** Something to compute with. */
export interface LocalComputer {
  /** For people, amid a sentence. */
  readonly title: string;
  readonly backend: Hello['backend'];
  readonly threadCount: number;
  /** Classes with which it is worth knocking at the coordinator's door. */
  readonly classes: readonly ArithmeticClass[];
  readonly create: () => Computer;
}

/** Lower-case hexadecimal SHA-256. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Threads of the processor. */
export function threadsOf(backend: BackendName, threadCount: number): LocalComputer {
  return {
    title: backend === 'wasm' ? 'WASM' : 'the interpreter',
    backend,
    threadCount,
    // The coordinator has the last word.
    classes: ['exact', 'tolerant', 'unfit'],
    create: () => new ComputePool({ threadCount, backend }),
  };
}

/** How a GPU is used. */
export interface GpuOptions {
  readonly process?: DeviceProcessOptions | undefined;
  /** Takes only what is better than threads without doubt: a real GPU with exact arithmetic. */
  readonly isPicky: boolean;
  readonly log: Log;
}

/** The GPU, in a process of its own. */
export function gpuOf({ process = {}, isPicky, log }: GpuOptions): LocalComputer {
  const open = async (): Promise<ChildDevice> => {
    const device = await openDeviceProcess(process);
    const title = adapterTitle(device.adapter);
    if (isPicky && device.adapter.isSoftware) {
      await device.close();
      throw new WebGpuError('webgpu-absent', `Cannot use the GPU: ${title} found, one in hardware wanted`);
    }
    log('info', `Found a GPU: ${title}`);
    return device;
  };
  return {
    title: 'the GPU',
    backend: 'webgpu',
    threadCount: 1,
    classes: isPicky ? ['exact'] : ['exact', 'tolerant'],
    create: () => new DeviceComputer({ open, sha256, timers: nodeTimers, reference: wasmBackend, log }),
  };
}
