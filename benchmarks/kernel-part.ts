// In which part of a segment's time a kernel runs, or gets what it needs into its memory; the rest is between them.

import type { TrainingPlan } from '../learning/index.js';
import { type Floats, noSequences } from '../tensor/index.js';
import { segmentsOf } from './segments.js';
import { median } from './statistics.js';

/** As many steps as a study's runs have between two digests. */
const [partRounds, partSteps] = [40, 100];
/** Rounds before these, for the engine to know the code. */
const warmRounds = 10;

/** The kernels' part of a plan's segments, of one microbatch for each step: segments and the same runs of their programs, in turn. */
export function kernelPart(plan: TrainingPlan): number {
  const { train, update, initialState, requestOf, compute } = segmentsOf(plan, partSteps);
  const steps = { first: 0, count: partSteps };
  const request = requestOf(initialState, steps);
  const microbatch = { key: plan.streamKeyFor('train'), firstSequence: 0, sequenceCount: plan.microbatchSize };
  const state = new Float32Array(plan.stateLength);
  const sums = new Float32Array(plan.parameters.initial.length).fill(1);
  const inputs = [plan.parameters.initial, sums, Float32Array.of(1), state, plan.updateScalars(0)];
  const tensorCount = train.inputs.length;
  const [parameters, gradients] = [update.inputs.slice(0, tensorCount), update.inputs.slice(tensorCount, 2 * tensorCount)];
  // An update may have other values where the numbers of a step were.
  const numbers = [1, ...plan.updateScalars(0)];
  const numberInputs = [update.inputs[2 * tensorCount]!, ...update.inputs.slice(1 - numbers.length)];
  const kernels = (): void => {
    for (let step = 0; step < partSteps; step++) {
      copy(parameters, train.inputs);
      train.prepare();
      train.run(microbatch);
      train.hasFiniteOutputs();
      copy(train.outputs, gradients);
      numberInputs.forEach((input, index) => input.fill(numbers[index]!));
      update.prepare();
      update.run(noSequences);
      update.hasFiniteOutputs();
    }
  };
  const times = Array.from({ length: warmRounds + partRounds }, () => {
    train.load(plan.parameters.initial);
    update.load(...inputs);
    return [millisecondsOf(kernels), millisecondsOf(() => compute(request, steps))];
  });
  const counted = times.slice(warmRounds);
  const [kernel, segment] = [0, 1].map((which) => median(counted.map((pair) => pair[which] ?? 0))) as [number, number];
  return kernel / segment;
}

function copy(from: readonly Floats[], to: readonly Floats[]): void {
  to.forEach((target, index) => target.set(from[index]!));
}

function millisecondsOf(work: () => unknown): number {
  const begin = performance.now();
  work();
  return performance.now() - begin;
}
