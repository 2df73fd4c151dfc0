// One workload on one thread: a whole step, and the cost of drawing its data alone, in turn.

import { wasmBackend } from '../../backends/index.js';
import { giveAnswer, readTask } from '../child-process.js';
import { programsOf } from '../programs.js';
import { sampleInTurn } from '../sampling.js';
import { timingOf, type Timing } from '../statistics.js';
import { batchSummer, prepareTraining } from '../training-step.js';
import { workloadNamed } from '../workloads.js';

/** What to measure, and for how long. */
export interface WorkloadTask {
  readonly workload: string;
  readonly microbatchSize: number;
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

/** Times of one batch. */
export interface WorkloadAnswer {
  readonly step: Timing;
  readonly data: Timing;
}

async function measure(task: WorkloadTask): Promise<WorkloadAnswer> {
  const workload = workloadNamed(task.workload);
  const programs = programsOf(workload);
  const { microbatchSize } = task;
  const sizes = { microbatchSize, microbatchCount: workload.batchSize / microbatchSize };
  const training = prepareTraining(programs, sizes);
  const data = wasmBackend.compile(programs.data);
  data.load(new Float32Array(0));
  const [step, drawing] = await sampleInTurn([training.step, batchSummer(data, sizes)], { ...task, clock: 'processor' });
  if (!Number.isFinite(training.loss()))
    throw new RangeError(`Cannot measure ${task.workload}: a loss of ${training.loss()} found`);
  return { step: timingOf(step!), data: timingOf(drawing!) };
}

giveAnswer(await measure(readTask() as WorkloadTask));
