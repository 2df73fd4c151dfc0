// What is measured, in which order: every entry is one candidate in a process of its own.

import type { CoordinatorAnswer, CoordinatorTask } from './entries/coordinator.js';
import type { PeakAnswer, PeakTask } from './entries/peak.js';
import type { ThreadsAnswer, ThreadsTask } from './entries/threads.js';
import type { WholeStepAnswer, WholeStepTask } from './entries/whole-step.js';
import type { WorkloadAnswer, WorkloadTask } from './entries/workload.js';
import { nodeCandidate, sourcePath, type Candidate } from './child-process.js';
import type { PeerTask } from './peers/peer.js';
import { peerMeasurement, type PlannedMeasurement } from './planned-measurement.js';
import { flopsPerSequence } from './programs.js';
import type { PeakKind } from './peak-loop.js';
import type { TrainingRate, Unavailable } from './report.js';
import { withoutPart, type Timing } from './statistics.js';
import { comparedWorkloads, furtherWorkloads, type Workload } from './workloads.js';

/** How long, and with what. */
export interface PlanOptions {
  /** Of measuring, for each candidate. */
  readonly milliseconds: number;
  readonly microbatchSize: number;
  /** A Python that has PyTorch. */
  readonly python: string | undefined;
}

const warmUpMilliseconds = 600;
const leaseMilliseconds = 50;
const threadCounts = [1, 2] as const;
const connectionCounts = [2, 16, 128] as const;

/** What is not even tried. */
export const leftOut: readonly Unavailable[] = [
  { type: 'unavailable', name: 'W2-all tfjs-wasm', reason: 'a single step takes more than a minute' },
];

/** All measurements. */
export function planMeasurements(options: PlanOptions): readonly PlannedMeasurement[] {
  return [
    peak('strict', [80, 512], options),
    peak('relaxed', [], options),
    ...comparedWorkloads.flatMap((workload) => compared(workload, options)),
    ...furtherWorkloads.map((workload) => single(workload, options)),
    ...[...comparedWorkloads, ...furtherWorkloads].map((workload) => threads(workload, options)),
    ...threadCounts.map(wholeStep),
    ...connectionCounts.map((connectionCount) => coordinator(connectionCount, options)),
  ];
}

/** Ours and the others' side by side, so that a change of the machine's mood meets all of them. */
function compared(workload: Workload, options: PlanOptions): readonly PlannedMeasurement[] {
  const { milliseconds, python } = options;
  const task = (threadCount: number): PeerTask => ({ workload, threads: threadCount, milliseconds });
  const pytorch = (interpreter: string, threadCount: number): PlannedMeasurement => {
    const count = String(threadCount);
    return peer(workload, 'pytorch', threadCount, {
      command: interpreter,
      args: [sourcePath('peers/pytorch.py'), JSON.stringify(task(threadCount))],
      environment: { OPENBLAS_NUM_THREADS: count, OMP_NUM_THREADS: count },
    });
  };
  return [
    single(workload, options),
    ...(python === undefined ? [] : threadCounts.map((threadCount) => pytorch(python, threadCount))),
    peer(workload, 'jax-js', 1, nodeCandidate('peers/jax', task(1))),
    ...(leftOut.some(({ name }) => name === `${workload.name} tfjs-wasm`)
      ? []
      : [peer(workload, 'tfjs-wasm', 1, nodeCandidate('peers/tensorflow', task(1)))]),
  ];
}

function peak(kind: PeakKind, sizes: readonly number[], { milliseconds }: PlanOptions): PlannedMeasurement {
  const task: PeakTask = { kind, sizes, warmUpMilliseconds, milliseconds: milliseconds * (1 + sizes.length) };
  return {
    name: `peak ${kind}`,
    candidate: nodeCandidate('entries/peak', task),
    read: (answer) => {
      const { loop, kernels } = answer as PeakAnswer;
      const rates = [
        { name: `${kind} loop`, rate: loop },
        ...kernels.map(({ size, rate }) => ({ name: `matmul n = ${size}`, rate })),
      ];
      return rates.map(({ name, rate }) => ({ type: 'peak', name, bestGigaflops: rate.best, medianGigaflops: rate.median }));
    },
  };
}

function single(workload: Workload, { milliseconds, microbatchSize }: PlanOptions): PlannedMeasurement {
  const task: WorkloadTask = { workload: workload.name, microbatchSize, warmUpMilliseconds, milliseconds };
  return {
    name: `${workload.name} starling`,
    candidate: nodeCandidate('entries/workload', task),
    read: (answer) => {
      const { step, data } = answer as WorkloadAnswer;
      const form = `microbatches of ${microbatchSize}`;
      const rate = (candidate: string, timing: Timing): TrainingRate => ({
        ...{ type: 'training', workload: workload.name, candidate, form, threadCount: 1, clock: 'processor' },
        ...{ batchSize: workload.batchSize, timing, flopsPerSequence: flopsPerSequence(workload) },
      });
      return [rate('starling', withoutPart(step, data)), rate('starling with data', step)];
    },
  };
}

function peer(workload: Workload, library: string, threadCount: number, candidate: Candidate): PlannedMeasurement {
  return peerMeasurement({
    ...{ library, candidate, name: `${workload.name} ${library}${threadCount === 1 ? '' : ` ${threadCount} threads`}` },
    rateOf: ({ form, timing }) => ({
      ...{ type: 'training', workload: workload.name, candidate: library, form, threadCount },
      ...{ clock: threadCount === 1 ? 'processor' : 'wall', batchSize: workload.batchSize, timing },
      flopsPerSequence: flopsPerSequence(workload),
    }),
  });
}

function threads(workload: Workload, { milliseconds, microbatchSize }: PlanOptions): PlannedMeasurement {
  const task: ThreadsTask = {
    ...{ workload: workload.name, microbatchSize, threadCounts, leaseMilliseconds, warmUpMilliseconds, milliseconds },
  };
  return {
    name: `${workload.name} threads`,
    candidate: nodeCandidate('entries/threads', task),
    read: (answer) => {
      const { sequencesPerLease, pools } = answer as ThreadsAnswer;
      const [one, ...several] = pools;
      return several.map(({ threadCount, timing }) => ({
        ...{ type: 'threads', workload: workload.name, threadCount, sequencesPerLease },
        ...{ oneThread: one!.timing, allThreads: timing },
      }));
    },
  };
}

function wholeStep(threadCount: number): PlannedMeasurement {
  const task: WholeStepTask = { threadCount, stepCount: 300, kernelMilliseconds: 4000 };
  return {
    name: `whole step ${threadCount}`,
    candidate: nodeCandidate('entries/whole-step', task),
    read: (answer) => [{ type: 'step', threadCount, ...(answer as WholeStepAnswer) }],
  };
}

function coordinator(connectionCount: number, { milliseconds }: PlanOptions): PlannedMeasurement {
  const task: CoordinatorTask = { connectionCount, milliseconds };
  return {
    name: `coordinator ${connectionCount}`,
    candidate: nodeCandidate('entries/coordinator', task),
    read: (answer) => [{ type: 'coordinator', connectionCount, ...(answer as CoordinatorAnswer) }],
  };
}
