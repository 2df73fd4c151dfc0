import { expect, test } from 'vitest';
import { flopsPerSequence, programsOf } from '../../benchmarks/programs.js';
import { workloadNamed } from '../../benchmarks/workloads.js';
import { inputLength } from '../../tensor/index.js';

test('flopsPerSequence() counts the matrix products of W1 at every token', () => {
  const [d, n, o, T] = [7, 80, 3, 13];
  // Forward and weight gradients of the input gate; of the output gate and readout also the gradient of their inputs.
  const products = T * (2 * (4 * n * d) + 3 * (4 * n * n + 2 * n * o));
  const found = flopsPerSequence(workloadNamed('W1-all'));
  expect(found).toBeGreaterThan(products);
  expect(found).toBeLessThan(1.05 * products);
});

test('programsOf() gives an update that fits parameters, gradients and state', () => {
  const { update, initialParameters, stateLength } = programsOf(workloadNamed('W3-small-softmax'));
  const scalars = 3;
  expect(inputLength(update)).toBe(2 * initialParameters.length + 1 + stateLength + scalars);
});

test('programsOf() draws the data of a workload without any input', () => {
  const { data } = programsOf(workloadNamed('lstm'));
  expect(data.inputs).toEqual([]);
  expect(data.outputs.map(({ name }) => name)).toEqual(['tokens', 'target']);
});
