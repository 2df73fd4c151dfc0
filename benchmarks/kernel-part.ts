// In which part of a segment's time a kernel runs; the rest is between them.

import { createHash } from 'node:crypto';
import { wasmBackend } from '../backends/index.js';
import type { TrainingPlan } from '../learning/index.js';
import { noSequences } from '../tensor/index.js';
import { computeSegment } from '../worker/index.js';
import { median } from './statistics.js';

/** As many steps as a study's runs have between two digests. */
const [partRounds, partSteps] = [40, 100];

/** The kernels' part of a plan's segments, of one microbatch for each step: segments and the same loads and runs of their programs, in turn. */
export function kernelPart(plan: TrainingPlan): number {
  const [train, update] = [wasmBackend.compile(plan.trainProgram), wasmBackend.compile(plan.updateProgram)];
  const key = plan.streamKeyFor('train');
  const scalars = Array.from({ length: partSteps }, (_, step) => [...plan.updateScalars(step)]);
  const state = [...plan.parameters.initial, ...new Float32Array(plan.stateLength)];
  const request = Float32Array.from([...state, ...scalars.flat()]);
  const steps = { step: 0, stepCount: partSteps, key, microbatchCount: 1, microbatchSize: plan.microbatchSize };
  const records = { scalarCount: scalars[0]?.length ?? 0, digestEvery: partSteps, digestsSums: false };
  const work = { train, update, request, sha256, isCancelled: () => false };
  const [sums, outputs] = [new Float32Array(train.outputLength), new Float32Array(update.outputLength)];
  const inputs = new Float32Array(update.inputLength).fill(1);
  const microbatch = { key, firstSequence: 0, sequenceCount: plan.microbatchSize };
  const kernels = (): void => {
    for (let step = 0; step < partSteps; step++) {
      train.load(plan.parameters.initial);
      train.run(microbatch, sums);
      update.load(inputs);
      update.run(noSequences, outputs);
    }
  };
  const times = Array.from({ length: partRounds }, () => [
    millisecondsOf(kernels),
    millisecondsOf(() => computeSegment({ ...steps, ...records }, work)),
  ]);
  const [kernel, segment] = [0, 1].map((which) => median(times.map((pair) => pair[which] ?? 0))) as [number, number];
  return kernel / segment;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

function millisecondsOf(work: () => unknown): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}
