// Reports: how numbers, verdicts and what is missing are written.

import { describe, expect, it } from 'vitest';
import {
  formatNumber,
  formatSpread,
  quickNotice,
  reportPage,
  reportText,
  spreadOf,
  type ExperimentReport,
} from '../../experiments/index.js';
import { concludeRegression } from '../../experiments/in-context-regression/findings.js';
import { regressionRun } from './measured-runs.js';

const runs = [regressionRun({ seed: 0 }), regressionRun({ seed: 1 }, { difference: 0.0002 })];
const report: ExperimentReport = {
  ...concludeRegression(runs),
  ...{ experiment: 'E3', title: 'in-context <linear> regression', isQuick: false, runs },
  ...{ software: 'starling 0', machine: 'a machine', time: '2026-01-01T00:00:00.000Z' },
  studies: [
    {
      ...{ name: 'in-context-regression', file: 'in-context-regression/study.yaml', runCount: 8, completedCount: 2 },
      unfinished: [{ name: 'seed-2', step: 10_000, stepCount: 150_000 }],
    },
  ],
};

describe('spreadOf()', () => {
  it('is mean and standard deviation of a sample, and no deviation of one run', () => {
    expect(spreadOf([1, 2, 3])).toEqual({ mean: 2, standardDeviation: 1, values: [1, 2, 3] });
    expect(spreadOf([5])).toEqual({ mean: 5, standardDeviation: null, values: [5] });
    expect(spreadOf([])).toBeUndefined();
  });

  it('is written with its n', () => {
    expect(formatSpread({ mean: 0.0945946, standardDeviation: 0.0000213, values: [1, 2] })).toBe('0.094595 ± 0.000021 (n = 2)');
    expect([formatNumber(0), formatNumber(4.97e-8), formatNumber(14)]).toEqual(['0', '4.97e-8', '14']);
  });
});

describe('reportText()', () => {
  const text = reportText(report, 'figures');

  it('has theory, paper, ours and verdict, and says how well the paper is known', () => {
    expect(text).toMatch(
      /\| 0\.067568 for λ = 1, more below +\| 0\.0681–0\.0682, gradient descent 0\.0676 \(recalled with less certainty\) \| 0\.0681 ± 0 \(n = 2\)/,
    );
    expect(text).toContain('27 (quoted)');
    expect(text).toMatch(/linear attention, W\* of variance 1\/3[^\n]*not run +\| not decided/);
  });

  it('tells what is unfinished and what was not run', () => {
    expect(text).toContain('2 of 8 runs ended; seed-2 at step 10,000 of 150,000, not in the table; 5 not run');
  });

  it('shows its figures, but not on a terminal', () => {
    expect(text).toContain('](figures/what-an-example-counts.svg)');
    expect(reportText(report, undefined)).not.toContain('.svg');
  });

  it('is labelled where it is quick, and so is the page', () => {
    const quick = { ...report, isQuick: true };
    for (const output of [reportText(quick, undefined), reportPage(quick)]) expect(output).toContain(quickNotice);
    for (const output of [text, reportPage(report)]) expect(output).not.toContain('QUICK');
  });
});

describe('reportPage()', () => {
  it('needs nothing else, escapes what it shows, and has the digests', () => {
    const page = reportPage(report);
    expect(page).not.toMatch(/<script|src=|<link|NaN|undefined/);
    expect(page).toContain('in-context &lt;linear&gt; regression');
    expect(page).toContain('a'.repeat(64));
    expect(page.match(/<svg/g)).toHaveLength(1);
  });
});
