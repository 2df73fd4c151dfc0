// A whole step of a workload on one thread: gradients of all microbatches, their sum by the tree, and Adam's update.

import { wasmBackend } from '../backends/index.js';
import { keyFromSeed, noSequences, outputLayout, type Executable, type Floats } from '../tensor/index.js';
import { sumNode } from '../worker/index.js';
import type { WorkloadPrograms } from './programs.js';

/** How a batch is cut. */
export interface BatchSizes {
  readonly microbatchSize: number;
  readonly microbatchCount: number;
}

const key = keyFromSeed(1);
/** Learning rate and Adam's two bias corrections, which stay at 1. */
const scalars = Float32Array.of(0.001, 1, 1);

/** A way to run a program on every microbatch of a batch and to add the results up, as workers do; the sums are overwritten by the next. */
export function batchSummer(executable: Executable, { microbatchSize, microbatchCount }: BatchSizes): () => Floats {
  const sums = new Float32Array(executable.outputLength);
  const buffers: Floats[] = [];
  return () => {
    sumNode({ begin: 0, end: microbatchCount }, sums, {
      runLeaf: (index, outputs) => {
        executable.run({ key, firstSequence: index * microbatchSize, sequenceCount: microbatchSize }, outputs);
        return true;
      },
      bufferAt: (depth) => (buffers[depth] ??= new Float32Array(executable.outputLength)),
    });
    return sums;
  };
}

/** A workload in training: call `step` as often as wanted. */
export interface TrainingStep {
  readonly step: () => void;
  /** Mean loss per target of the last step. */
  readonly loss: () => number;
}

/** Parameters that sums of gradients change. */
export interface Updates {
  /** The parameters of the next step, in the same place at every step. */
  readonly parameters: Floats;
  /** Divides a batch's gradients by its loss weight and lets Adam take a step. */
  readonly apply: (sums: Floats) => void;
  /** Mean loss per target of the last step. */
  readonly loss: () => number;
}

/** Compiles a workload's update. */
export function prepareUpdates(programs: WorkloadPrograms): Updates {
  const update = wasmBackend.compile(programs.update);
  const length = programs.initialParameters.length;
  const inputs = new Float32Array(update.inputLength);
  const outputs = new Float32Array(update.outputLength);
  const lossOffset = outputLayout(programs.train).find(({ name }) => name === 'loss')!.offset;
  inputs.set(programs.initialParameters, 0);
  inputs.set(scalars, inputs.length - scalars.length);
  let loss = Number.NaN;
  return {
    parameters: inputs.subarray(0, length),
    apply: (sums) => {
      // Gradients and, right behind the loss, its weight.
      inputs.set(sums.subarray(0, length), length);
      inputs[2 * length] = sums[lossOffset + 1]!;
      loss = sums[lossOffset]! / sums[lossOffset + 1]!;
      update.load(inputs);
      update.run(noSequences, outputs);
      inputs.set(outputs.subarray(0, length), 0);
      inputs.set(outputs.subarray(length, length + programs.stateLength), 2 * length + 1);
    },
    loss: () => loss,
  };
}

/** Compiles a workload's programs for training. */
export function prepareTraining(programs: WorkloadPrograms, sizes: BatchSizes): TrainingStep {
  const train = wasmBackend.compile(programs.train);
  const sumBatch = batchSummer(train, sizes);
  const updates = prepareUpdates(programs);
  return {
    step: () => {
      train.load(updates.parameters);
      updates.apply(sumBatch());
    },
    loss: updates.loss,
  };
}
