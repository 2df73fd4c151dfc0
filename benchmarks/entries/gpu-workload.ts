// One workload on the GPU: its bits beside those of WASM, a whole step, and the cost of drawing its data alone, in turn.

import { wasmBackend } from '../../backends/index.js';
import { openDeviceProcess } from '../../node-worker/index.js';
import { bitsOf, deviceOf, keyFromSeed, type DeviceBackend, type Floats, type Program } from '../../tensor/index.js';
import { giveAnswer, readTask } from '../child-process.js';
import { programsOf } from '../programs.js';
import { sampleInTurn } from '../sampling.js';
import { timingOf, type Timing } from '../statistics.js';
import { prepareUpdates } from '../training-step.js';
import { workloadNamed } from '../workloads.js';

/** What to measure, and for how long. */
export interface GpuWorkloadTask {
  readonly workload: string;
  readonly batchSize: number;
  readonly microbatchSize: number;
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

/** Times of one batch, and whether two small microbatches have the bits of WASM. */
export interface GpuWorkloadAnswer {
  readonly step: Timing;
  readonly data: Timing;
  readonly isEqual: boolean;
}

const key = keyFromSeed(1);
const comparedSequences = 32;

async function sumsOn(device: DeviceBackend, program: Program, parameters: Floats): Promise<Floats> {
  const executable = await device.compile(program);
  await executable.load(parameters);
  const sums = await executable.sum({ key, firstSequence: 0, sequenceCount: comparedSequences }, 2);
  executable.close();
  return sums;
}

async function measure(task: GpuWorkloadTask): Promise<GpuWorkloadAnswer> {
  const { batchSize, microbatchSize } = task;
  const programs = programsOf(workloadNamed(task.workload));
  const device = await openDeviceProcess();
  const both = [device, deviceOf(wasmBackend)].map((one) => sumsOn(one, programs.train, programs.initialParameters));
  const [found, wanted] = await Promise.all(both);
  const isEqual = wanted!.every((value, index) => bitsOf(value) === bitsOf(found![index]!));
  const [train, data] = [await device.compile(programs.train), await device.compile(programs.data)];
  await data.load(new Float32Array(data.inputLength));
  const updates = prepareUpdates(programs);
  const batch = [{ key, firstSequence: 0, sequenceCount: microbatchSize }, batchSize / microbatchSize] as const;
  const step = async (): Promise<void> => {
    await train.load(updates.parameters);
    updates.apply(await train.sum(...batch));
  };
  const [steps, draws] = await sampleInTurn([step, () => data.sum(...batch)], { ...task, clock: 'wall' });
  if (!Number.isFinite(updates.loss()))
    throw new RangeError(`Cannot measure ${task.workload}: a loss of ${updates.loss()} found`);
  await device.close();
  return { step: timingOf(steps!), data: timingOf(draws!), isEqual };
}

giveAnswer(await measure(readTask() as GpuWorkloadTask));
