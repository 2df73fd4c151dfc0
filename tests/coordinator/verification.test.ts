// A run computed again beside its records: what is named where one of them is wrong.

import { fc, test as property } from '@fast-check/vitest';
import { describe, expect, test } from 'vitest';
import { wasmBackend } from '../../backends/index.js';
import {
  chainStart,
  linkTrajectory,
  recordsByStep,
  Verification,
  verdictOf,
  type Checkpoint,
  type Finding,
  type JobRequest,
  type RunRecord,
} from '../../coordinator/index.js';
import { sha256 } from '../../coordinator/shell/index.js';
import { buildPlan, type RunConfig } from '../../learning/index.js';
import { childrenOf, type TreeNode } from '../../tensor/index.js';
import { flipLastBit, recordRun, workerOf, wrongUpdateAt } from './recorded-run.js';
import { smallConfig } from './small-run.js';

const config = smallConfig({ keepCheckpoints: 100 });
const plan = buildPlan(config);

/** The leaves of a job's tree, each from another worker. */
const leaves = ({ microbatchCount }: JobRequest): readonly TreeNode[] =>
  Array.from({ length: microbatchCount }, (_, index) => ({ begin: index, end: index + 1 }));
const isTraining = (job: JobRequest, step: number): boolean => job.kind === 'train' && job.step === step;
const honest = recordRun(config, { nodes: leaves });

interface Verified {
  readonly findings: readonly Finding[];
  readonly verifiedSteps: number;
}

async function verify(
  records: readonly RunRecord[],
  { of = config, to = 6, start }: { readonly of?: RunConfig; readonly to?: number; readonly start?: Checkpoint } = {},
): Promise<Verified> {
  const { digestEvery } = of.training;
  const begin = start === undefined ? {} : { start };
  const verification = new Verification({ plan: buildPlan(of), backend: wasmBackend, digest: sha256, digestEvery, ...begin });
  for await (const one of recordsByStep(records, { from: start?.step ?? 0, to })) verification.take(one);
  verification.finish();
  return verification;
}

/** Records with one of them changed. */
function changed(change: (record: RunRecord) => RunRecord | undefined, records = honest): readonly RunRecord[] {
  return records.map((record) => change(record) ?? record);
}

function forged(step: number, node: TreeNode, digest: string, records = honest): readonly RunRecord[] {
  return changed((record) => {
    if (record.type !== 'contributions' || record.kind !== 'train' || record.step !== step) return undefined;
    const contributions = record.contributions.map((one) => (one.begin === node.begin ? { ...one, sha256: digest } : one));
    return { ...record, contributions };
  }, records);
}

/** The chain of a trajectory made anew, as someone does who wants to hide a change. */
function rechained(records: readonly RunRecord[]): readonly RunRecord[] {
  let chain = chainStart;
  return changed((record) => {
    if (record.type !== 'trajectory') return undefined;
    const entry = linkTrajectory(chain, record.entry, sha256);
    ({ chain } = entry);
    return { ...record, entry };
  }, records);
}

const withoutContributions = (records: readonly RunRecord[]): readonly RunRecord[] =>
  records.filter(({ type }) => type !== 'contributions');

const alteredParameters = (step: number): readonly RunRecord[] =>
  rechained(
    changed((record) =>
      record.type === 'trajectory' && record.entry.step === step
        ? { ...record, entry: { ...record.entry, parametersSha256: 'd'.repeat(64) } }
        : undefined,
    ),
  );

const checkpointOf = (records: readonly RunRecord[], step: number): Checkpoint | undefined =>
  records.flatMap((record) => (record.type === 'checkpoint' && record.checkpoint.step === step ? [record.checkpoint] : []))[0];

test('verify confirms an honest run of another backend, with all of its records', async () => {
  expect(await verify(honest)).toMatchObject({ findings: [], verifiedSteps: 6 });
});

test('verify confirms a run whose workers took larger nodes', async () => {
  const nodes = (job: JobRequest): readonly TreeNode[] => childrenOf({ begin: 0, end: job.microbatchCount }) ?? [];
  expect(await verify(recordRun(config, { nodes }))).toMatchObject({ findings: [], verifiedSteps: 6 });
});

test('verify confirms the steps behind a checkpoint when it begins there', async () => {
  const start = checkpointOf(honest, 4);
  expect(await verify(honest, { ...(start && { start }) })).toMatchObject({ findings: [], verifiedSteps: 2 });
});

property.prop([fc.nat(5), fc.nat(4), fc.nat(plan.parameters.initial.length + 1)], { seed: 41, numRuns: 15 })(
  'verify names worker, step and tree node of any wrong sum that was committed',
  async (step, microbatch, element) => {
    const records = recordRun(config, {
      nodes: leaves,
      tamper: (job, { begin }, sums) => {
        // Far above the last bit of the root, so that the sum is no longer the same.
        if (isTraining(job, step) && begin === microbatch) sums[element] = (sums[element] ?? 0) * 1.5 + 0.25;
      },
    });
    const { findings, verifiedSteps } = await verify(records);
    const node = { begin: microbatch, end: microbatch + 1 };
    expect(findings).toMatchObject([{ type: 'wrong-sum', step, node, worker: workerOf(microbatch) }]);
    expect(verifiedSteps).toBe(step);
    expect(findings[0]?.message).toContain('sent a wrong sum and it was committed');
  },
);

describe('verify names step and tree node', () => {
  const node = { begin: 2, end: 3 };

  test('of a contribution whose record was altered, and goes on', async () => {
    const { findings, verifiedSteps } = await verify(forged(3, node, 'b'.repeat(64)));
    expect(findings).toMatchObject([{ type: 'altered-contribution', step: 3, node, worker: workerOf(2), found: 'b'.repeat(64) }]);
    expect(findings[0]?.message).toContain('the record was altered, not the run');
    expect(verifiedSteps).toBe(6);
  });

  test('of a wrong sum between two links of a sparse trajectory', async () => {
    const of = smallConfig({ digestEvery: 4, checkpointEvery: 100 });
    const tamper = (job: JobRequest, { begin }: TreeNode, sums: Float32Array): void => {
      if (isTraining(job, 1) && begin === 2) sums[0] = 5;
    };
    const records = recordRun(of, { nodes: leaves, tamper });
    expect((await verify(records, { of })).findings).toMatchObject([{ type: 'wrong-sum', step: 1, node }]);
  });

  test('of an altered record between two links of a sparse trajectory', async () => {
    const of = smallConfig({ digestEvery: 4, checkpointEvery: 100 });
    const records = forged(1, node, 'b'.repeat(64), recordRun(of, { nodes: leaves }));
    const { findings, verifiedSteps } = await verify(records, { of });
    expect(findings).toMatchObject([{ type: 'altered-contribution', step: 1, node }]);
    expect(verifiedSteps).toBe(6);
  });

  test('of a different digest that no later record explains', async () => {
    const of = smallConfig({ digestEvery: 100, checkpointEvery: 100 });
    const records = forged(3, node, 'b'.repeat(64), recordRun(of, { nodes: leaves }));
    const { findings } = await verify(records, { of, to: 4 });
    expect(findings).toMatchObject([{ type: 'different-contribution', step: 3, node }]);
  });

  test('of a wrong sum that shows in the parameters of a later step only', async () => {
    const tamperedAt = (element: number): readonly RunRecord[] =>
      recordRun(config, {
        nodes: leaves,
        tamper: (job, { begin }, sums) => {
          if (isTraining(job, 0) && begin === 2) sums[element] = (sums[element] ?? 0) * (1 + 2 ** -8);
        },
      });
    const digestsOf = (records: readonly RunRecord[]): readonly string[] =>
      records.flatMap((one) => (one.type === 'trajectory' ? [one.entry.parametersSha256] : []));
    const wanted = digestsOf(honest);
    // Adam's first step knows little more than the sign of the gradient; measures and checkpoints would tell at once.
    const records = plan.parameters.initial.reduce<readonly RunRecord[] | undefined>((found, _, element) => {
      if (found !== undefined) return found;
      const tampered = tamperedAt(element);
      const digests = digestsOf(tampered);
      return digests[1] === wanted[1] && digests[6] !== wanted[6] ? tampered : undefined;
    }, undefined);
    if (records === undefined) throw new Error('Cannot test: every wrong sum shows at once');
    const { findings, verifiedSteps } = await verify(records.filter(({ type }) => type !== 'metrics' && type !== 'checkpoint'));
    expect(findings).toMatchObject([{ type: 'wrong-sum', step: 0, node, worker: workerOf(2) }]);
    expect(verifiedSteps).toBe(0);
  });

  test('of a wrong sum in an evaluation', async () => {
    const tamper = (job: JobRequest, { begin }: TreeNode, sums: Float32Array): void => {
      if (job.kind === 'evaluate' && job.step === 3 && begin === 1) sums[0] = 5;
    };
    const { findings } = await verify(recordRun(config, { nodes: leaves, tamper }));
    expect(findings).toMatchObject([{ type: 'wrong-sum', step: 3, node: { begin: 1, end: 2 }, worker: workerOf(1) }]);
    expect(findings[0]?.message).toMatch(/^Evaluation after 3 steps/);
  });
});

describe('verify names the step', () => {
  test('of an update that was computed wrongly', async () => {
    const records = recordRun(config, { nodes: leaves, updateBackend: wrongUpdateAt(config, 2) });
    const { findings, verifiedSteps } = await verify(records);
    expect(findings).toMatchObject([{ type: 'different-parameters', step: 3 }]);
    expect(findings[0]?.message).toContain('its update was computed wrongly');
    expect(verifiedSteps).toBe(2);
  });

  test('of parameters that were altered in the trajectory, its chain too, and goes on', async () => {
    const { findings, verifiedSteps } = await verify(alteredParameters(3));
    expect(findings).toMatchObject([{ type: 'altered-trajectory', step: 3, found: 'd'.repeat(64) }]);
    expect(verifiedSteps).toBe(6);
  });

  test('of altered parameters, without a log of contributions', async () => {
    const { findings } = await verify(withoutContributions(alteredParameters(3)));
    expect(findings).toMatchObject([{ type: 'altered-trajectory', step: 3 }]);
  });

  test('of a wrong sum, and nothing finer, without a log of contributions', async () => {
    const tamper = (job: JobRequest, { begin }: TreeNode, sums: Float32Array): void => {
      if (isTraining(job, 2) && begin === 0) sums[0] = 5;
    };
    const { findings } = await verify(withoutContributions(recordRun(config, { nodes: leaves, tamper })));
    expect(findings).toMatchObject([{ type: 'different-parameters', step: 3 }]);
    expect(findings[0]).not.toHaveProperty('node');
    expect(findings[0]?.message).toContain('no tree node can be named');
  });

  test.each(['parameters', 'optimizerState'] as const)('of a checkpoint with other %s', async (field) => {
    const records = changed((record) => {
      if (record.type !== 'checkpoint' || record.checkpoint.step !== 4) return undefined;
      const numbers = record.checkpoint[field].slice();
      flipLastBit(numbers, 1);
      const checkpoint = { ...record.checkpoint, [field]: numbers };
      return { ...record, checkpoint };
    });
    const { findings, verifiedSteps } = await verify(records);
    expect(findings).toMatchObject([{ type: 'different-checkpoint', step: 4 }]);
    expect(verifiedSteps).toBe(6);
  });

  test.each<[string, (record: RunRecord) => RunRecord | undefined, number]>([
    [
      'measure',
      (record) =>
        record.type === 'metrics' && record.metrics.step === 2
          ? { ...record, metrics: { ...record.metrics, learningRate: 1 } }
          : undefined,
      2,
    ],
    [
      'held-out sum',
      (record) =>
        record.type === 'evaluation' && record.evaluation.step === 3
          ? { ...record, evaluation: { ...record.evaluation, sums: { ...record.evaluation.sums, loss: 1 } } }
          : undefined,
      3,
    ],
    [
      'loss in the trajectory',
      (record) =>
        record.type === 'trajectory' && record.entry.step === 5 ? { ...record, entry: { ...record.entry, loss: 1 } } : undefined,
      5,
    ],
  ])('of a different %s', async (_, change, step) => {
    const { findings, verifiedSteps } = await verify(rechained(changed(change)));
    expect(findings).toMatchObject([{ type: 'different-record', step }]);
    expect(verifiedSteps).toBe(6);
  });

  test('of contributions that are no whole tree', async () => {
    const records = changed((record) =>
      record.type === 'contributions' && record.kind === 'train' && record.step === 2
        ? { ...record, contributions: record.contributions.slice(1) }
        : undefined,
    );
    expect((await verify(records)).findings).toMatchObject([{ type: 'different-record', step: 2 }]);
  });
});

const forgedNode = { begin: 0, end: 1, workerId: 'w', sha256: 'c'.repeat(64) };

test('a verification ends after so many findings that all records must have been altered', async () => {
  const records = changed((record) =>
    record.type === 'contributions'
      ? { ...record, contributions: [...record.contributions, ...Array.from({ length: 60 }, () => forgedNode)] }
      : undefined,
  );
  const { findings } = await verify(records);
  expect(findings).toHaveLength(100);
});

test('verdictOf() calls damage alone damage, and anything else a difference', () => {
  const finding = (type: Finding['type']): Finding => ({ type, step: 0, found: '', wanted: '', message: '' });
  expect(verdictOf([])).toBe('confirmed');
  expect(verdictOf([finding('damaged-line'), finding('damaged-checkpoint')])).toBe('damaged');
  expect(verdictOf([finding('damaged-line'), finding('wrong-sum')])).toBe('different');
});
