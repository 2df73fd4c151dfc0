// The same lease by a pool of one thread and by pools of several, in turn, by the wall's clock. A lease takes one thread about as
// long as the coordinator wants leases to take.

import { createHash } from 'node:crypto';
import { ComputePool } from '../../node-worker/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { canonicalBytes, keyFromSeed } from '../../tensor/index.js';
import { giveAnswer, readTask } from '../child-process.js';
import { programsOf } from '../programs.js';
import { sampleInTurn, type Step } from '../sampling.js';
import { timingOf, type Timing } from '../statistics.js';
import { workloadNamed } from '../workloads.js';

/** What to measure, and for how long. */
export interface ThreadsTask {
  readonly workload: string;
  readonly microbatchSize: number;
  readonly threadCounts: readonly number[];
  readonly leaseMilliseconds: number;
  readonly warmUpMilliseconds: number;
  readonly milliseconds: number;
}

/** Times of one lease by number of threads. */
export interface ThreadsAnswer {
  readonly sequencesPerLease: number;
  readonly pools: readonly { readonly threadCount: number; readonly timing: Timing }[];
}

const limitMilliseconds = 60_000;
let taskId = 0;

/** A pool's computation of one lease of so many microbatches. */
function leaseStep(pool: ComputePool, programSha256: string, microbatchSize: number): (microbatchCount: number) => Promise<void> {
  return async (microbatchCount) => {
    taskId += 1;
    const lease = { node: { begin: 0, end: microbatchCount }, key: keyFromSeed(1), microbatchSize };
    const result = await pool.compute({ taskId, programSha256, parametersSha256: '', limitMilliseconds, ...lease });
    if (result.type !== 'computed') throw new Error(`Cannot measure threads: ${JSON.stringify(result)} found, sums wanted`);
  };
}

/** The power of two of microbatches that takes about so long. */
async function leaseSize(step: (microbatchCount: number) => Promise<void>, leaseMilliseconds: number): Promise<number> {
  await step(1);
  for (let microbatchCount = 1; ; microbatchCount *= 2) {
    const begin = performance.now();
    await step(microbatchCount);
    if (performance.now() - begin > leaseMilliseconds / 2 || microbatchCount >= 65536) return 2 * microbatchCount;
  }
}

async function measure(task: ThreadsTask): Promise<ThreadsAnswer> {
  const { train, initialParameters } = programsOf(workloadNamed(task.workload));
  const programSha256 = createHash('sha256').update(canonicalBytes(train)).digest('hex');
  const steps = task.threadCounts.map((threadCount) => {
    const pool = new ComputePool({ threadCount, backend: 'wasm' });
    pool.loadProgram(programSha256, train);
    pool.loadParameters(bytesOfFloats(initialParameters));
    return leaseStep(pool, programSha256, task.microbatchSize);
  });
  for (const step of steps) await step(64);
  const microbatchCount = await leaseSize(steps[0]!, task.leaseMilliseconds);
  const leases = steps.map(
    (step): Step =>
      () =>
        step(microbatchCount),
  );
  const samples = await sampleInTurn(leases, { ...task, clock: 'wall' });
  return {
    sequencesPerLease: microbatchCount * task.microbatchSize,
    pools: task.threadCounts.map((threadCount, index) => ({ threadCount, timing: timingOf(samples[index]!) })),
  };
}

giveAnswer(await measure(readTask() as ThreadsTask));
