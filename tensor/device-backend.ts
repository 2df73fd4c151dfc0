// What a backend offers that computes beside this thread: on a GPU, or in another process. It sums whole tree nodes, so that one answer
// comes back for many microbatches.

import type { Backend, Floats, Microbatch } from './backend.js';
import { sumTree } from './tree.js';
import type { Program } from './program.js';

/** A program compiled for a device. It holds memory there; one call at a time. */
export interface DeviceExecutable {
  /** Lengths of the flat input and output vectors. */
  readonly inputLength: number;
  readonly outputLength: number;
  /** Copies the inputs in and computes what depends on them alone. */
  load(inputs: Float32Array): Promise<void>;
  /**
   * The outputs of `microbatchCount` microbatches, the first one and those that follow it, summed in the order of the reduction tree
   * (tree.ts): the sums of a tree node.
   */
  sum(first: Microbatch, microbatchCount: number): Promise<Floats>;
  /** Gives the memory back. */
  close(): void;
}

/** A device that runs programs. Every backend gives the same bits (docs/numerics.md). */
export interface DeviceBackend {
  readonly name: string;
  /** Compiles a validated program; rejects where the device cannot hold it. */
  compile(program: Program): Promise<DeviceExecutable>;
  /** Gives the device back. */
  close(): Promise<void>;
}

/** A backend of this thread as a device, so that what is written for devices runs on it too. */
export const deviceOf = (backend: Backend): DeviceBackend => ({
  name: backend.name,
  compile: (program) => Promise.resolve().then(() => executableOf(backend, program)),
  close: () => Promise.resolve(),
});

function executableOf(backend: Backend, program: Program): DeviceExecutable {
  const executable = backend.compile(program);
  const { inputLength, outputLength } = executable;
  const leaf = (first: Microbatch, index: number): Floats => {
    const outputs = new Float32Array(outputLength);
    executable.run({ ...first, firstSequence: first.firstSequence + index * first.sequenceCount }, outputs);
    return outputs;
  };
  return {
    inputLength,
    outputLength,
    load: (inputs) => Promise.resolve().then(() => executable.load(inputs)),
    sum: (first, microbatchCount) =>
      Promise.resolve().then(() => sumTree({ begin: 0, end: microbatchCount }, (index) => leaf(first, index))),
    close: () => undefined,
  };
}
