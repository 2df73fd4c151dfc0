// A GPU device as the backend uses it: pipelines that are compiled once, and errors and the loss of the device as one kind of error.

import { WebGpuError } from './options.js';

/** Numbers of the WebGPU interface: its namespaces of constants are not there in every environment. */
export const bufferUsage = { mapRead: 1, copySource: 4, copyDestination: 8, uniform: 64, storage: 128 } as const;
const computeStage = 4;
const readMode = 1;

/** Kinds of errors that are waited for; the last one is told first. */
const errorScopes = ['validation', 'internal', 'out-of-memory'] as const;

/** Pipelines that are kept for programs to come. */
const mostPipelines = 4096;

/** A device, asked for with the memory that its adapter has. Rejects with code `webgpu-absent` where there is none. */
export async function requestDevice(gpu: GPU | undefined): Promise<GPUDevice> {
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === undefined || adapter === null) {
    throw new WebGpuError(
      'webgpu-absent',
      `Cannot open a GPU: ${gpu === undefined ? 'no WebGPU' : 'no adapter'} found, one wanted`,
    );
  }
  const { maxStorageBufferBindingSize, maxBufferSize } = adapter.limits;
  return adapter.requestDevice({ requiredLimits: { maxStorageBufferBindingSize, maxBufferSize } });
}

/** A device with its pipelines. */
export class Device {
  readonly gpu: GPUDevice;
  readonly #pipelines = new Map<string, Promise<GPUComputePipeline>>();
  readonly #groupLayout: GPUBindGroupLayout;
  readonly #pipelineLayout: GPUPipelineLayout;
  #lost: string | undefined;

  constructor(gpu: GPUDevice) {
    this.gpu = gpu;
    const storage = [0, 1, 2, 3].map((binding) => ({ binding, visibility: computeStage, buffer: { type: 'storage' as const } }));
    const task = { binding: 4, visibility: computeStage, buffer: { type: 'uniform' as const, hasDynamicOffset: true } };
    this.#groupLayout = gpu.createBindGroupLayout({ entries: [...storage, task] });
    this.#pipelineLayout = gpu.createPipelineLayout({ bindGroupLayouts: [this.#groupLayout] });
    void gpu.lost.then(({ reason, message }) => {
      this.#lost = message === '' ? reason : message;
    });
  }

  /** Bytes of the largest buffer that a shader can use. */
  get mostBufferBytes(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.gpu.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  /** The pipeline of a shader. */
  pipeline(source: string, label: string): Promise<GPUComputePipeline> {
    const known = this.#pipelines.get(source);
    if (known !== undefined) return known;
    const made = this.#createPipeline(source, label);
    this.#pipelines.set(source, made);
    made.catch(() => this.#pipelines.delete(source));
    const [oldest] = this.#pipelines.keys();
    if (this.#pipelines.size > mostPipelines && oldest !== undefined) this.#pipelines.delete(oldest);
    return made;
  }

  async #createPipeline(code: string, label: string): Promise<GPUComputePipeline> {
    try {
      const module = this.gpu.createShaderModule({ code, label });
      return await this.gpu.createComputePipelineAsync({
        label,
        layout: this.#pipelineLayout,
        compute: { module, entryPoint: 'main' },
      });
    } catch (error) {
      throw await this.#failure(`compile kernel (${label})`, error);
    }
  }

  /** Binds the four memories and the tasks, of which a dispatch sees `taskBytes`. */
  bind(memories: readonly GPUBuffer[], tasks: GPUBuffer, taskBytes: number): GPUBindGroup {
    const storage = memories.map((buffer, binding) => ({ binding, resource: { buffer } }));
    return this.gpu.createBindGroup({
      layout: this.#groupLayout,
      entries: [...storage, { binding: 4, resource: { buffer: tasks, size: taskBytes } }],
    });
  }

  /** Does what needs no waiting, and rejects where the device finds fault with it. */
  async checked(action: string, work: () => void): Promise<void> {
    for (const scope of errorScopes) this.gpu.pushErrorScope(scope);
    const found: Promise<GPUError | null>[] = [];
    try {
      work();
    } finally {
      // A scope of a lost device may have nothing to say; the loss is found below.
      found.push(...errorScopes.map(() => this.gpu.popErrorScope().catch(() => null)));
    }
    const [memory, ...others] = await Promise.all(found);
    await this.#checkLost(action);
    if (memory) throw new WebGpuError('webgpu-over-limit', `Cannot ${action}: the device is out of memory (${memory.message})`);
    for (const error of others) if (error) throw new WebGpuError('webgpu-failed', `Cannot ${action}: ${error.message}`);
  }

  /** The words of a buffer that was made for reading. */
  async read(buffer: GPUBuffer, byteLength: number): Promise<Float32Array<ArrayBuffer>> {
    try {
      await buffer.mapAsync(readMode, 0, byteLength);
      const words = new Float32Array(buffer.getMappedRange(0, byteLength).slice(0));
      buffer.unmap();
      return words;
    } catch (error) {
      throw await this.#failure('read sums', error);
    }
  }

  async #checkLost(action: string): Promise<void> {
    // The promise of the loss may be settled already and its reader still waiting for its turn.
    await Promise.resolve();
    if (this.#lost !== undefined) throw new WebGpuError('webgpu-lost', `Cannot ${action}: the device is lost (${this.#lost})`);
  }

  async #failure(action: string, cause: unknown): Promise<WebGpuError> {
    try {
      // The loss is told by a promise of its own, which may come after the failure that it causes.
      await Promise.race([this.gpu.lost, this.gpu.queue.onSubmittedWorkDone().catch(() => undefined)]);
      await this.#checkLost(action);
    } catch (lost) {
      return lost as WebGpuError;
    }
    if (cause instanceof WebGpuError) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new WebGpuError('webgpu-failed', `Cannot ${action}: ${reason}`, { cause });
  }
}
