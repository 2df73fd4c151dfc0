// backends/webgpu: compiles programs to WGSL and runs them on a GPU, many microbatches at once.

import type { DeviceBackend, DeviceExecutable, Program } from '../../tensor/index.js';
import { compileShaders } from './compile.js';
import { Device } from './device.js';
import { bytesOfMicrobatch, checkBytes, WebGpuExecutable } from './executable.js';
import { defaultWaveBytes, type WebGpuOptions } from './options.js';

export { type AdapterDescription, adapterTitle, describeAdapter } from './adapter.js';
export { type CompiledKernel, type CompiledShaders, compileShaders } from './compile.js';
export { requestDevice } from './device.js';
export {
  allShaderFusion,
  type ArithmeticFault,
  noShaderFusion,
  type ShaderFusion,
  WebGpuError,
  type WebGpuErrorCode,
  type WebGpuOptions,
} from './options.js';

/** The smallest microbatch. */
const leastSequences = 8;

/** A backend on a device, which it owns from then on. */
export function createWebGpuBackend(gpu: GPUDevice, options: WebGpuOptions = {}): DeviceBackend {
  const device = new Device(gpu);
  return {
    name: 'webgpu',
    compile: (program) => compileOn(device, program, options),
    close: () => {
      gpu.destroy();
      return Promise.resolve();
    },
  };
}

async function compileOn(device: Device, program: Program, options: WebGpuOptions): Promise<DeviceExecutable> {
  const shaders = compileShaders(program, options);
  checkBytes(bytesOfMicrobatch(shaders, leastSequences), device.mostBufferBytes);
  const kernels = [...shaders.kernels, shaders.tree];
  const pipelines = await Promise.all(kernels.map(({ source, label }) => device.pipeline(source, label)));
  return new WebGpuExecutable({
    device,
    shaders,
    pipelines: new Map(kernels.map((kernel, index) => [kernel, pipelines[index]!])),
    waveBytes: options.waveBytes ?? defaultWaveBytes,
  });
}
