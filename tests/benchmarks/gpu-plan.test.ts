import { expect, test } from 'vitest';
import { absentPeers, planGpuMeasurements } from '../../benchmarks/gpu-plan.js';

const options = { milliseconds: 100, batches: [2048, 262_144], pytorch: undefined, jax: undefined };
const taskOf = (args: readonly string[]): unknown => JSON.parse(args.at(-1) ?? '');

test('planGpuMeasurements() begins with the proof and cuts large batches into microbatches', () => {
  const planned = planGpuMeasurements(options);
  expect(planned[0]?.name).toBe('gpu proof');
  expect(planned).toHaveLength(1 + 8 * 2);
  const large = planned.find(({ name }) => name === 'W1-last × 262144 starling');
  expect(taskOf(large?.candidate.args ?? [])).toMatchObject({ workload: 'W1-last', batchSize: 262_144, microbatchSize: 2048 });
});

test('planGpuMeasurements() puts peers on the GPU beside us, at the same batch', () => {
  const planned = planGpuMeasurements({ ...options, batches: [2048], pytorch: 'python-a', jax: 'python-b' });
  expect(planned.slice(1, 4).map(({ name }) => name)).toEqual([
    ...['W1-last × 2048 starling', 'W1-last × 2048 pytorch', 'W1-last × 2048 jax'],
  ]);
  const [, , pytorch, jax] = planned;
  expect([pytorch?.candidate.command, jax?.candidate.command]).toEqual(['python-a', 'python-b']);
  expect(taskOf(pytorch?.candidate.args ?? [])).toMatchObject({ device: 'cuda', workload: { batchSize: 2048 } });
});

test('absentPeers() names what is not here', () => {
  expect(absentPeers({ ...options, jax: 'python' })).toEqual([
    { type: 'unavailable', name: 'pytorch on the GPU', reason: 'no python3 here has a torch that finds a GPU' },
  ]);
});
