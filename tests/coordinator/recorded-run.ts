// The records of a run that was made without workers: tree nodes computed in turn, tampered with where a test wants it.

import { Training, type CommittedContribution, type JobRequest, type RunRecord } from '../../coordinator/index.js';
import { Reduction } from '../../coordinator/core/reduction.js';
import { programsOf, sha256 } from '../../coordinator/shell/index.js';
import { newManifest, nodeDisk, RunStore } from '../../coordinator/store/index.js';
import { buildPlan, type RunConfig } from '../../learning/index.js';
import { bytesOfFloats } from '../../protocol/index.js';
import { canonicalBytes, interpreter, sumTree, type Backend, type TreeNode } from '../../tensor/index.js';
import { withAlteredOutputs } from '../altered-executable.js';

/** How a run is computed. */
export interface RunMaking {
  /** Nodes that a job is cut into; the root alone unless told otherwise. */
  readonly nodes?: (job: JobRequest) => readonly TreeNode[];
  /** Changes the sums of a node before they are sent, as a lying worker does. */
  readonly tamper?: (job: JobRequest, node: TreeNode, sums: Float32Array) => void;
  /** What the update runs on. */
  readonly updateBackend?: Backend;
}

/** The worker of the n-th node of a job. */
export const workerOf = (index: number): string => String(index).repeat(32).slice(0, 32);

/** A run's records, in order. */
export function recordRun(config: RunConfig, making: RunMaking = {}): readonly RunRecord[] {
  const plan = buildPlan(config);
  const { digestEvery, checkpointEvery } = config.training;
  const programs = programsOf(plan);
  const programSha256 = { train: programs.trainSha256, evaluate: programs.evaluate.sha256 };
  const backend = making.updateBackend ?? interpreter;
  const training = new Training({ plan, backend, programSha256, digest: sha256, digestEvery, checkpointEvery });
  const executables = new Map(
    [...plan.stages.map(({ trainProgram }) => trainProgram), plan.evaluationProgram].map((program) => {
      return [sha256(canonicalBytes(program)), interpreter.compile(program)] as const;
    }),
  );
  const records: RunRecord[] = [];
  let effects = training.handle({ type: 'start' });
  for (;;) {
    const jobs: JobRequest[] = [];
    for (const effect of effects) {
      if (effect.type === 'record') records.push(effect.record);
      if (effect.type === 'requestJob') jobs.push(effect.job);
      if (effect.type === 'end') return records;
    }
    const [job] = jobs;
    if (job === undefined) throw new Error('Cannot record run: neither a job nor an end found');
    const executable = executables.get(job.programSha256);
    if (executable === undefined) throw new Error('Cannot record run: a job of an unknown program found');
    executable.load(job.parameters);
    const reduction = new Reduction(job.microbatchCount);
    for (const [index, node] of (making.nodes?.(job) ?? [{ begin: 0, end: job.microbatchCount }]).entries()) {
      const sums = sumTree(node, (leaf) => {
        const outputs = new Float32Array(executable.outputLength);
        const firstSequence = leaf * plan.microbatchSize;
        executable.run({ key: job.key, firstSequence, sequenceCount: plan.microbatchSize }, outputs);
        return outputs;
      });
      making.tamper?.(job, node, sums);
      const contribution: CommittedContribution = { ...node, workerId: workerOf(index), sha256: sha256(bytesOfFloats(sums)) };
      reduction.accept(contribution, sums);
    }
    const { root } = reduction;
    if (root === undefined) throw new Error('Cannot record run: nodes that do not make up the root found');
    const { kind, step } = job;
    const outputs = root.sum;
    const result = { jobId: 0, stepCount: undefined, kind, step, outputs, contributions: root.contributions, milliseconds: 1 };
    effects = training.handle({ type: 'jobFinished', result });
  }
}

/** Writes records as the folder of a run. */
export async function writeRun(folder: string, config: RunConfig, records: readonly RunRecord[]): Promise<void> {
  const plan = buildPlan(config);
  const { digests, bytes } = programsOf(plan);
  const store = await RunStore.create(
    {
      ...{
        disk: nodeDisk,
        folder,
        now: () => new Date(0),
        isExact: true,
        keepContributions: config.coordination.contributionLog,
      },
      context: { runId: 'recorded', plan, programs: digests },
      retention: { newest: config.training.keepCheckpoints, every: config.training.keepCheckpointEvery },
      onError: (error) => {
        throw error;
      },
    },
    {
      manifest: newManifest({
        ...{ run: 'recorded', software: 'test 0', createdAt: '2026-01-01T00:00:00.000Z' },
        ...{ programs: digests, configuration: config },
      }),
      programs: bytes,
    },
  );
  for (const record of records) store.record(record);
  await store.close();
}

/** A backend that adds a last bit to the first parameter in one of the updates. */
export function wrongUpdateAt(config: RunConfig, step: number): Backend {
  const { updateProgram } = buildPlan(config);
  return {
    name: 'wrong',
    compile: (program) => {
      const executable = interpreter.compile(program);
      if (JSON.stringify(program) !== JSON.stringify(updateProgram)) return executable;
      let count = 0;
      return withAlteredOutputs(executable, (outputs) => {
        if (count === step) flipLastBit(outputs, 0);
        count += 1;
      });
    },
  };
}

/** Changes the last bit of a number. */
export function flipLastBit(numbers: Float32Array, index: number): void {
  const bits = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  bits[index] = (bits[index] ?? 0) ^ 1;
}
