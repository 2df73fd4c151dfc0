// WebGPU in Node.js: Dawn, from the optional package `webgpu`.

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

/** What the package exports. */
interface Dawn {
  readonly create: (options: readonly string[]) => GPU;
  /** GPUBuffer and the other names of WebGPU that a browser has. */
  readonly globals: object;
}

/** A name that the compiler does not follow: the project builds without the package too. */
const packageName: string = 'webgpu';

async function importDawn(): Promise<Dawn> {
  try {
    return (await import(packageName)) as Dawn;
  } catch (cause) {
    const message = 'Cannot open a GPU: no package "webgpu" found that runs here, one wanted (an optional dependency)';
    throw new WebGpuError('webgpu-absent', message, { cause });
  }
}
