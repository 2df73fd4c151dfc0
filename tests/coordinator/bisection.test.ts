// Two runs beside each other: the first common step and the first common tree node that differ.

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { compareContributions, compareTrajectories, type JobRecord, type TrajectoryEntry } from '../../coordinator/index.js';

const entry = (step: number, chain: string, parametersSha256 = chain): TrajectoryEntry => ({
  ...{ step, loss: 0.5, chain, parametersSha256 },
});

describe('compareTrajectories()', () => {
  property.prop([fc.nat(40), fc.nat(40)], { seed: 42 })('finds the first different chain wherever it is', (count, parting) => {
    const a = Array.from({ length: count }, (_, step) => entry(step, 'same'));
    const b = a.map((one) => (one.step < parting ? one : entry(one.step, 'other')));
    const { divergence, lastEqualStep } = compareTrajectories(a, b, 'chain');
    expect(divergence?.step).toBe(parting < count ? parting : undefined);
    const last = Math.min(parting, count) - 1;
    expect(lastEqualStep).toBe(last < 0 ? undefined : last);
  });

  it('compares parameters at common steps when links are not at the same steps', () => {
    const a = [0, 2, 4, 6].map((step) => entry(step, `a${step}`, 'p'));
    const b = [0, 3, 6].map((step) => entry(step, `b${step}`, step === 6 ? 'q' : 'p'));
    const compared = compareTrajectories(a, b, 'parametersSha256');
    expect(compared).toMatchObject({ common: { from: 0, to: 6 }, lastEqualStep: 0, divergence: { step: 6 } });
  });

  it('finds nothing in common when there is nothing', () => {
    const compared = compareTrajectories([entry(0, 'x')], [entry(1, 'x')], 'chain');
    expect(compared).toMatchObject({ common: undefined, divergence: undefined, lastEqualStep: undefined });
  });
});

describe('compareContributions()', () => {
  const job = (step: number, ...nodes: readonly (readonly [begin: number, end: number, digest: string])[]): JobRecord => ({
    ...{ type: 'contributions', kind: 'train', step },
    contributions: nodes.map(([begin, end, sha256]) => ({ begin, end, sha256, workerId: `worker of ${sha256}` })),
  });
  async function* stream(...jobs: readonly JobRecord[]): AsyncGenerator<JobRecord> {
    for (const one of jobs) yield await Promise.resolve(one);
  }

  it('names the first different node among those of the same range', async () => {
    const a = stream(job(0, [0, 4, 'r']), job(1, [0, 2, 'x'], [2, 3, 'u'], [3, 4, 'v']));
    const b = stream(job(0, [0, 4, 'r']), job(1, [0, 1, 'y'], [1, 2, 'z'], [2, 3, 'u'], [3, 4, 'w']));
    const { divergence, jobCount, nodeCount } = await compareContributions(a, b, { from: 0, to: 2 });
    expect([jobCount, nodeCount]).toEqual([2, 3]);
    const origins = { a: { worker: 'worker of v', sha256: 'v' }, b: { worker: 'worker of w', sha256: 'w' } };
    expect(divergence).toEqual({ step: 1, node: { begin: 3, end: 4 }, ...origins });
  });

  it('compares only steps of the range that both logs have', async () => {
    const a = stream(job(0, [0, 1, 'a']), job(2, [0, 1, 'r']), job(5, [0, 1, 'a']));
    const b = stream(job(1, [0, 1, 'b']), job(2, [0, 1, 'r']), job(5, [0, 1, 'b']));
    const compared = await compareContributions(a, b, { from: 1, to: 5 });
    expect(compared).toEqual({ jobCount: 1, nodeCount: 1, divergence: undefined });
  });
});
