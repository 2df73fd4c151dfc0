// Findings of runs that were never made: confirmed, contradicted, and missing.

import { describe, expect, it } from 'vitest';
import { experiments, type Claim, type Comparison, type Findings } from '../../experiments/index.js';
import { concludeRegression } from '../../experiments/in-context-regression/findings.js';
import {
  constructedProducts,
  doubledOptimum,
  learningRate,
  optimum,
  stair,
} from '../../experiments/in-context-regression/theory.js';
import { concludeOverparametrization, requiredNeurons } from '../../experiments/overparametrization/findings.js';
import { concludeIdentification } from '../../experiments/teacher-identification/findings.js';
import { identificationRun, regressionRun, sizedRun } from './measured-runs.js';

const rowOf = ({ table }: Findings, quantity: string): Comparison => {
  const found = table.find((row) => row.quantity.startsWith(quantity));
  if (found === undefined) throw new Error(`no row ${quantity} among ${table.map((row) => row.quantity).join('; ')}`);
  return found;
};
const claimOf = ({ claims }: Findings, statement: string): Claim => {
  const found = claims.find((claim) => claim.statement.includes(statement));
  if (found === undefined) throw new Error(`no claim ${statement}`);
  return found;
};

describe.each(experiments.map((experiment) => [experiment.name, experiment] as const))('%s without runs', (_, experiment) => {
  const findings = experiment.conclude([]);

  it('decides nothing and says that nothing was run', () => {
    expect(findings.table.every(({ ours, verdict }) => ours === undefined && verdict === 'not decided')).toBe(true);
    expect(findings.claims.length).toBeGreaterThan(0);
    expect(findings.claims.every(({ verdict }) => verdict === 'not decided')).toBe(true);
    expect([findings.details, findings.figures]).toEqual([[], []]);
  });
});

describe("E3's theory", () => {
  it('has the numbers of PAPER and the products of the construction', () => {
    expect([optimum, doubledOptimum, learningRate, stair].map((x) => Number(x.toFixed(6)))).toEqual([
      0.094595, 0.189189, 0.067568, 0.045045,
    ]);
    expect([4, 8, 11, 12, 80].map(constructedProducts)).toEqual([3, 6, 8, 9, 9]);
  });
});

describe('concludeRegression()', () => {
  const seeds = [0, 1, 2, 3];
  const attention = seeds.map((seed) => regressionRun({ model: 'linear-attention', seed }, { network: null }));

  it('confirms losses within half a percent of the optimum, by the paired difference', () => {
    const findings = concludeRegression([...seeds.map((seed) => regressionRun({ seed })), ...attention]);
    for (const model of ['Eq. 2', 'linear attention']) {
      expect(rowOf(findings, `${model}, W* of variance 1/3`)).toMatchObject({
        verdict: 'confirmed',
        ours: { values: { length: 4 } },
      });
      expect(rowOf(findings, `${model}, W* of variance 2/3`).verdict).toBe('confirmed');
      expect(rowOf(findings, `${model}: largest minus smallest`).verdict).toBe('confirmed');
    }
    expect(rowOf(findings, 'Eq. 2: the same after the λ correction').verdict).toBe('confirmed');
    expect(claimOf(findings, 'compensates')).toMatchObject({ verdict: 'confirmed', because: /0\.78[^ ]* % from η\*/ });
    expect(claimOf(findings, 'below the optimum').verdict).toBe('confirmed');
    expect(claimOf(findings, 'fewer neurons').verdict).toBe('not decided');
  });

  it('contradicts what one seed does not keep', () => {
    const far = regressionRun({ seed: 3 }, { difference: 0.0006 });
    const scattered = { lags: [{ age: 1, mean: 0.0676, minimum: 0.066, maximum: 0.069 }] };
    const findings = concludeRegression([regressionRun({ seed: 0 }), regressionRun({ seed: 1 }, scattered), far]);
    expect(rowOf(findings, 'Eq. 2, W* of variance 1/3').verdict).toBe('contradicted');
    expect(rowOf(findings, 'Eq. 2: largest minus smallest').verdict).toBe('contradicted');
    expect(claimOf(findings, 'compensates').verdict).toBe('confirmed');
    expect(rowOf(findings, 'linear attention, W* of variance 1/3')).toMatchObject({ ours: undefined, verdict: 'not decided' });
  });

  it('contradicts a coefficient that is not compensated', () => {
    const lags = [1, 2].map((age) => ({ age, mean: 0.07, minimum: 0.07, maximum: 0.07 }));
    const findings = concludeRegression([regressionRun({}, { lags })]);
    expect(rowOf(findings, 'Eq. 2: the same after the λ correction').verdict).toBe('contradicted');
    expect(claimOf(findings, 'compensates').verdict).toBe('contradicted');
  });

  it('finds a run below the optimum, wherever it is', () => {
    const below = regressionRun(
      { study: 'in-context-regression-sizes', hidden: 32 },
      { difference: -0.0001, standardError: 0.00001 },
    );
    const findings = concludeRegression([...attention, below]);
    expect(claimOf(findings, 'below the optimum')).toMatchObject({ verdict: 'contradicted', because: /-10\.0 standard errors/ });
  });

  it('counts products by the stairs, and runs that stand on none', () => {
    const sizeOf = (hidden: number, products: number) => {
      const loss = 0.5 - products * stair;
      return regressionRun({ study: 'in-context-regression-sizes', hidden }, { loss, difference: loss - optimum });
    };
    const onStairs = concludeRegression([sizeOf(4, 3), sizeOf(8, 7.95), sizeOf(16, 9)]);
    expect(claimOf(onStairs, 'staircase').verdict).toBe('confirmed');
    expect(rowOf(onStairs, 'Eq. 2, 8 neurons').quantity).toContain('products found: 8');
    expect(claimOf(onStairs, 'fewer neurons')).toMatchObject({ verdict: 'confirmed', because: /has 16 neurons/ });
    expect(claimOf(concludeRegression([sizeOf(4, 2.5)]), 'staircase').verdict).toBe('contradicted');
    expect(onStairs.figures.map(({ title }) => title)).toEqual(['Loss against the number of neurons']);
  });

  it('leaves out runs that have not ended', () => {
    const findings = concludeRegression([{ ...regressionRun({}), outcome: 'unfinished' }]);
    expect(rowOf(findings, 'Eq. 2, W* of variance 1/3').ours).toBeUndefined();
  });
});

describe('concludeIdentification()', () => {
  it('confirms the compact construction at the loss that is aimed at', () => {
    const findings = concludeIdentification([identificationRun({}), identificationRun({ seed: 1 })]);
    expect(rowOf(findings, 'loss relative').verdict).toBe('confirmed');
    expect(rowOf(findings, 'neurons left')).toMatchObject({ verdict: 'confirmed', ours: { mean: 14 } });
    expect(claimOf(findings, 'perfect memory').verdict).toBe('confirmed');
  });

  it('contradicts with one neuron between, one too many, or a loss that is too large', () => {
    const findings = concludeIdentification([
      identificationRun({}, { normalizedLoss: 1e-5, keptCount: 15, influentialDecays: [0.9999, 0.5] }),
    ]);
    expect(rowOf(findings, 'loss relative').verdict).toBe('contradicted');
    expect(rowOf(findings, 'neurons left').verdict).toBe('contradicted');
    expect(claimOf(findings, 'perfect memory')).toMatchObject({ verdict: 'contradicted', because: /1 of 2/ });
  });

  it('compares weight decays where there are two', () => {
    const study = 'teacher-identification-short';
    const weak = [0, 1].map((seed) => identificationRun({ study, seed, weightDecay: 0.0001 }, { keptAtCommonLoss: 28 }));
    const strong = [0, 1].map((seed) => identificationRun({ study, seed, weightDecay: 0.1 }, { keptAtCommonLoss: 14 }));
    expect(claimOf(concludeIdentification(weak), 'weight decay').verdict).toBe('not decided');
    expect(claimOf(concludeIdentification([...strong, ...weak]), 'weight decay').verdict).toBe('confirmed');
  });
});

describe('concludeIdentification() of runs that have not ended', () => {
  it('shows them apart and decides nothing by them', () => {
    const findings = concludeIdentification([{ ...identificationRun({}), outcome: 'unfinished', step: 10 }]);
    expect(rowOf(findings, 'loss relative').ours).toBeUndefined();
    expect(findings.details).toMatchObject([{ title: 'Runs that have not ended, as they are now', rows: { length: 1 } }]);
  });
});

describe('concludeOverparametrization()', () => {
  it('counts the neurons of the construction by the rank of W_V', () => {
    expect([requiredNeurons(4, 4), requiredNeurons(4, 2), requiredNeurons(4, 1), requiredNeurons(6, 6)]).toEqual([14, 11, 8, 27]);
  });

  const floor = (rank: number | null) => sizedRun({ hidden: 40, rank }, 1e-6);

  it('finds the smallest size that every seed solves, beside the largest', () => {
    const full = [14, 28].flatMap((hidden) =>
      [0, 1].map((seed) => sizedRun({ hidden, seed }, hidden === 28 || seed === 0 ? 5e-6 : 2e-5)),
    );
    const low = [14, 28].map((hidden) => sizedRun({ hidden, rank: 2 }, 5e-6));
    const findings = concludeOverparametrization([...full, floor(null), ...low, floor(2)]);
    expect(claimOf(findings, 'twice')).toMatchObject({ verdict: 'confirmed', because: /2\.00 times/ });
    expect(claimOf(findings, 'low rank')).toMatchObject({ verdict: 'confirmed', because: /14 with low rank and 28/ });
    expect(rowOf(findings, 'W_V of rank 4, 14 neurons').quantity).toContain('1 of 2 identify');
    expect(findings.figures).toHaveLength(1);
  });

  it('contradicts where the construction is enough, and where low rank does not help', () => {
    const findings = concludeOverparametrization([
      sizedRun({ hidden: 14 }, 5e-6),
      floor(null),
      sizedRun({ hidden: 14, rank: 2 }, 5e-6),
      floor(2),
    ]);
    expect(claimOf(findings, 'twice')).toMatchObject({ verdict: 'contradicted', because: /1\.00 times/ });
    expect(claimOf(findings, 'low rank').verdict).toBe('contradicted');
  });

  it('decides nothing of ranks where one is missing', () => {
    const far = [0, 1].map((seed) => sizedRun({ hidden: 40, seed }, seed === 0 ? 1e-9 : 1e-3));
    const scattered = concludeOverparametrization([...far, sizedRun({ hidden: 14 }, 1)]);
    expect(rowOf(scattered, 'W_V of rank 4: smallest').ours).toBe('40');
    expect(claimOf(scattered, 'low rank').verdict).toBe('not decided');
  });
});
