// WebGPU in Node.js: Dawn, from the optional package `webgpu`.

import type * as Dawn from 'webgpu';
import { requestDevice, WebGpuError } from '../backends/index.js';

/** What create() of the package gave. Without a reference to it Dawn is collected while devices still need it, and the process crashes. */
const instances: GPU[] = [];

/** A device of this process. Rejects with code `webgpu-absent` where there is no package or no GPU. */
export async function openDawn(): Promise<GPUDevice> {
  const { create, globals } = await importDawn();
  Object.assign(globalThis, globals);
  const gpu = create([]);
  instances.push(gpu);
  return requestDevice(gpu);
}

async function importDawn(): Promise<typeof Dawn> {
  try {
    return await import('webgpu');
  } catch (cause) {
    const message = 'Cannot open a GPU: no package "webgpu" found that runs here, one wanted (an optional dependency)';
    throw new WebGpuError('webgpu-absent', message, { cause });
  }
}
