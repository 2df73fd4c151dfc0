// A compiled program on a device: its memory, and the commands that sum a tree node in waves of microbatches.

import { type DeviceExecutable, type Floats, type Microbatch, noSequences } from '../../tensor/index.js';
import type { CompiledKernel, CompiledShaders } from './compile.js';
import { bufferUsage, type Device } from './device.js';
import { type Task, taskFields } from './shader-frame.js';
import { WebGpuError } from './options.js';
import { planWaves, slotCount, type WaveStep, waveSize } from './wave-plan.js';

/** Distance of the tasks of two dispatches, as every device allows it. */
const taskStride = 256;
const taskBytes = 4 * taskFields.length + ((-4 * taskFields.length) & 15);
const mostGroups = 65535;

type Memory = 'prologue' | 'body' | 'epilogue' | 'outputs' | 'tasks';
const memories = ['prologue', 'body', 'epilogue', 'outputs'] as const;
type Pipelines = ReadonlyMap<CompiledKernel, GPUComputePipeline>;

/** What an executable is made of. */
export interface ExecutableParts {
  readonly device: Device;
  readonly shaders: CompiledShaders;
  readonly pipelines: Pipelines;
  readonly waveBytes: number;
}

/** A step of the plan, or the prologue. */
type Step = WaveStep | { readonly type: 'prologue' };

const stagesOf = { prologue: ['prologue'], compute: ['body', 'epilogue'], merge: [] } as const;

/** Runs a program on a device. */
export class WebGpuExecutable implements DeviceExecutable {
  readonly inputLength: number;
  readonly outputLength: number;
  readonly #parts: ExecutableParts;
  readonly #buffers = new Map<Memory, GPUBuffer>();
  #group: GPUBindGroup | undefined;
  #staging: GPUBuffer | undefined;
  #isLoaded = false;

  constructor(parts: ExecutableParts) {
    this.#parts = parts;
    this.inputLength = parts.shaders.inputLength;
    this.outputLength = parts.shaders.outputLength;
  }

  async load(inputs: Float32Array): Promise<void> {
    if (inputs.length !== this.inputLength) {
      throw new RangeError(`Cannot load inputs: ${inputs.length} elements found, ${this.inputLength} wanted`);
    }
    const { device, shaders } = this.#parts;
    const words = new Float32Array(inputs);
    await this.#attempt('load inputs', () => {
      const { queue } = device.gpu;
      this.#allocate({ prologue: 4 * shaders.sizes.prologue, tasks: taskStride });
      const prologue = this.#buffers.get('prologue')!;
      for (const { offset, length, base } of shaders.inputs) queue.writeBuffer(prologue, 4 * base, words, offset, length);
      for (const { base, words: table } of shaders.tables) queue.writeBuffer(prologue, 4 * base, table);
      this.#submit([{ type: 'prologue' }], noSequences);
    });
    this.#isLoaded = true;
  }

  async sum(first: Microbatch, microbatchCount: number): Promise<Floats> {
    const { sequenceCount } = first;
    if (sequenceCount % 8 !== 0) {
      throw new RangeError(`Cannot run program: ${sequenceCount} sequences found, a multiple of 8 wanted`);
    }
    if (!(microbatchCount >= 1))
      throw new RangeError(`Cannot run program: ${microbatchCount} microbatches found, at least 1 wanted`);
    if (!this.#isLoaded) throw new TypeError('Cannot run program: no inputs found, load() wanted first');
    const { device, shaders } = this.#parts;
    const bytes = bytesOfMicrobatch(shaders, sequenceCount);
    const steps = planWaves(microbatchCount, this.#waveSize(bytes));
    const inWave = Math.max(...steps.map((step) => (step.type === 'compute' ? step.count : 0)));
    const byteLength = 4 * this.outputLength;
    if (byteLength === 0) return new Float32Array(0);
    await this.#attempt('compute sums', () => {
      const tasks = taskStride * steps.length;
      const outputs = bytes.outputs * slotCount(steps);
      this.#allocate({ body: bytes.body * inWave, epilogue: bytes.epilogue * inWave, outputs, tasks });
      this.#submit(steps, first);
      this.#copyToStaging(byteLength);
    });
    return device.read(this.#staging!, byteLength);
  }

  close(): void {
    for (const buffer of this.#buffers.values()) buffer.destroy();
    this.#staging?.destroy();
    this.#buffers.clear();
    this.#group = undefined;
    this.#staging = undefined;
    this.#isLoaded = false;
  }

  /** After a failure no buffer is relied on: some may never have been made. */
  async #attempt(action: string, work: () => void): Promise<void> {
    try {
      await this.#parts.device.checked(action, work);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #waveSize(bytes: Bytes): number {
    const { device, waveBytes } = this.#parts;
    const largest = checkBytes(bytes, device.mostBufferBytes);
    return waveSize(Math.floor(Math.min(waveBytes, device.mostBufferBytes) / largest));
  }

  /** Makes memory that is not there or not large enough. */
  #allocate(wanted: Partial<Record<Memory, number>>): void {
    const { device } = this.#parts;
    for (const name of [...memories, 'tasks'] as const) {
      const found = this.#buffers.get(name);
      const size = Math.max(16, wanted[name] ?? 0);
      if (found !== undefined && found.size >= size) continue;
      if (size > device.mostBufferBytes) throw overLimit(name, size, device.mostBufferBytes);
      found?.destroy();
      const usage =
        name === 'tasks' ? bufferUsage.uniform : bufferUsage.storage | (name === 'outputs' ? bufferUsage.copySource : 0);
      this.#buffers.set(name, device.gpu.createBuffer({ label: name, size, usage: usage | bufferUsage.copyDestination }));
      this.#group = undefined;
    }
    const buffers = memories.map((name) => this.#buffers.get(name)!);
    this.#group ??= device.bind(buffers, this.#buffers.get('tasks')!, taskBytes);
  }

  /** Writes the tasks of all steps and submits the commands of each wave. */
  #submit(steps: readonly Step[], first: Microbatch): void {
    const { device } = this.#parts;
    const words = new Uint32Array((steps.length * taskStride) / 4);
    steps.forEach((step, index) => {
      const task = taskOf(step, first);
      words.set(
        taskFields.map((field) => task[field]),
        (index * taskStride) / 4,
      );
    });
    device.gpu.queue.writeBuffer(this.#buffers.get('tasks')!, 0, words);
    let index = 0;
    while (index < steps.length) {
      const encoder = device.gpu.createCommandEncoder();
      const pass = encoder.beginComputePass();
      do {
        this.#encode(pass, steps[index]!, { index, sequenceCount: first.sequenceCount });
        index += 1;
      } while (steps[index]?.type === 'merge');
      pass.end();
      device.gpu.queue.submit([encoder.finish()]);
    }
  }

  #encode(pass: GPUComputePassEncoder, step: Step, { index, sequenceCount }: { index: number; sequenceCount: number }): void {
    const { shaders, pipelines } = this.#parts;
    pass.setBindGroup(0, this.#group, [index * taskStride]);
    const run = (kernel: CompiledKernel, times: number): void => {
      const groups = Math.ceil((kernel.invocations * times) / kernel.groupSize);
      if (groups === 0) return;
      const width = Math.min(groups, mostGroups);
      pass.setPipeline(pipelines.get(kernel)!);
      pass.dispatchWorkgroups(width, Math.ceil(groups / width));
    };
    if (step.type === 'merge') return run(shaders.tree, step.pairs);
    const stages: readonly string[] = stagesOf[step.type];
    const count = step.type === 'compute' ? step.count : 1;
    const times = { prologue: 1, body: count * sequenceCount, epilogue: count };
    for (const kernel of shaders.kernels) if (stages.includes(kernel.stage)) run(kernel, times[kernel.stage]);
  }

  #copyToStaging(byteLength: number): void {
    const { gpu } = this.#parts.device;
    const usage = bufferUsage.mapRead | bufferUsage.copyDestination;
    this.#staging ??= gpu.createBuffer({ label: 'staging', size: byteLength, usage });
    const encoder = gpu.createCommandEncoder();
    encoder.copyBufferToBuffer(this.#buffers.get('outputs')!, 0, this.#staging, 0, byteLength);
    gpu.queue.submit([encoder.finish()]);
  }
}

/** What a dispatch of a step has to know. */
function taskOf(step: Step, { key, firstSequence, sequenceCount }: Microbatch): Task {
  const task = {
    zero: 0,
    sequences: 0,
    microbatches: 1,
    groups: 0,
    firstSequence: 0,
    key0: key[0],
    key1: key[1],
    slot: 0,
    span: 0,
  };
  switch (step.type) {
    case 'prologue':
      return task;
    case 'merge':
      return { ...task, microbatches: step.pairs, slot: step.slot, span: step.span };
    case 'compute':
      return {
        ...task,
        sequences: step.count * sequenceCount,
        microbatches: step.count,
        groups: sequenceCount / 8,
        firstSequence: (firstSequence + step.first * sequenceCount) >>> 0,
        slot: step.slot,
      };
  }
}

interface Bytes {
  readonly prologue: number;
  readonly body: number;
  readonly epilogue: number;
  readonly outputs: number;
}

/** Bytes of one microbatch. */
export const bytesOfMicrobatch = ({ sizes, outputLength }: CompiledShaders, sequenceCount: number): Bytes => ({
  prologue: 4 * sizes.prologue,
  body: 4 * sizes.body * sequenceCount,
  epilogue: 4 * sizes.epilogue,
  outputs: 4 * outputLength,
});

/** The largest of the memories of a wave for one microbatch. Throws where one is too large for the device. */
export function checkBytes(bytes: Bytes, most: number): number {
  for (const name of memories) if (bytes[name] > most) throw overLimit(name, bytes[name], most);
  return Math.max(bytes.body, bytes.epilogue, bytes.outputs, 4);
}

const overLimit = (name: string, found: number, most: number): WebGpuError =>
  new WebGpuError(
    'webgpu-over-limit',
    `Cannot run program on this GPU: ${found} bytes of ${name} memory found, at most ${most} wanted`,
  );
