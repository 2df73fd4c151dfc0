// What is measured on a GPU: its arithmetic, and training at several batch sizes beside PyTorch and JAX on the same GPU.

import type { GpuProofAnswer } from './entries/gpu-proof.js';
import type { GpuWorkloadAnswer, GpuWorkloadTask } from './entries/gpu-workload.js';
import { nodeCandidate, sourcePath, type Candidate } from './child-process.js';
import { peerMeasurement, type PlannedMeasurement } from './planned-measurement.js';
import { flopsPerSequence } from './programs.js';
import type { TrainingRate, Unavailable } from './report.js';
import { withoutPart, type Timing } from './statistics.js';
import { comparedWorkloads, type Workload } from './workloads.js';

/** How long, with what, and in what portions. */
export interface GpuPlanOptions {
  /** Of measuring, for each candidate. */
  readonly milliseconds: number;
  /** Sequences of a step. */
  readonly batches: readonly number[];
  /** A Python whose PyTorch has a GPU. */
  readonly pytorch: string | undefined;
  /** A Python whose JAX has one. */
  readonly jax: string | undefined;
}

/** Batches where none are named. */
export const defaultBatches: readonly number[] = [2048, 8192, 32_768, 131_072, 262_144];

/** Sequences of a microbatch: a batch of that size is one, larger ones are many of them. */
const mostMicrobatch = 2048;
const warmUpMilliseconds = 600;

/** All measurements. */
export function planGpuMeasurements(options: GpuPlanOptions): readonly PlannedMeasurement[] {
  const sized = comparedWorkloads.flatMap((workload) => options.batches.map((batchSize) => ({ ...workload, batchSize })));
  return [proof, ...sized.flatMap((workload) => measurementsOf(workload, options))];
}

/** Peers that are not here. */
export function absentPeers({ pytorch, jax }: GpuPlanOptions): readonly Unavailable[] {
  const absent = (name: string, module: string, found: string | undefined): readonly Unavailable[] =>
    found === undefined ? [{ type: 'unavailable', name, reason: `no python3 here has a ${module} that finds a GPU` }] : [];
  return [...absent('pytorch on the GPU', 'torch', pytorch), ...absent('jax on the GPU', 'jax', jax)];
}

const proof: PlannedMeasurement = {
  name: 'gpu proof',
  candidate: nodeCandidate('entries/gpu-proof', {}),
  read: (answer) => [{ type: 'gpu', ...(answer as GpuProofAnswer) }],
};

/** Ours and the others' side by side, so that a change of the machine's mood meets all of them. */
function measurementsOf(workload: Workload, { milliseconds, pytorch, jax }: GpuPlanOptions): readonly PlannedMeasurement[] {
  const task = JSON.stringify({ workload, threads: 1, milliseconds, device: 'cuda' });
  const python = (name: string, command: string | undefined, script: string): readonly PlannedMeasurement[] =>
    command === undefined ? [] : [peer(workload, name, { command, args: [sourcePath(script), task] })];
  return [
    ours(workload, milliseconds),
    ...python('pytorch', pytorch, 'peers/pytorch.py'),
    ...python('jax', jax, 'peers/jax-gpu.py'),
  ];
}

const titleOf = ({ name, batchSize }: Workload): string => `${name} × ${batchSize}`;

function rateOf(workload: Workload, candidate: string, { form, timing }: { form: string; timing: Timing }): TrainingRate {
  return {
    ...{ type: 'training', workload: titleOf(workload), candidate, form, threadCount: 1, clock: 'wall' },
    ...{ batchSize: workload.batchSize, timing, flopsPerSequence: flopsPerSequence(workload) },
  };
}

function ours(workload: Workload, milliseconds: number): PlannedMeasurement {
  const { name, batchSize } = workload;
  const microbatchSize = Math.min(batchSize, mostMicrobatch);
  const task: GpuWorkloadTask = { workload: name, batchSize, microbatchSize, warmUpMilliseconds, milliseconds };
  return {
    name: `${titleOf(workload)} starling`,
    candidate: nodeCandidate('entries/gpu-workload', task),
    read: (answer) => {
      const { step, data, isEqual } = answer as GpuWorkloadAnswer;
      const form = `microbatches of ${microbatchSize}`;
      return [
        { type: 'bits', workload: titleOf(workload), isEqual },
        rateOf(workload, 'starling', { form, timing: withoutPart(step, data) }),
        rateOf(workload, 'starling with data', { form, timing: step }),
      ];
    },
  };
}

function peer(workload: Workload, library: string, candidate: Candidate): PlannedMeasurement {
  const name = `${titleOf(workload)} ${library}`;
  return peerMeasurement({ name, library, candidate, rateOf: (timed) => rateOf(workload, library, timed) });
}
